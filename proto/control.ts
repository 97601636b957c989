/**
 * The control plane's services and messages, and what of protobuf-es its rooms need.
 *
 * Apart from mod.ts: the topics' readers load none of it.
 *
 * @module
 */
export { create, toBinary, toJson } from "@bufbuild/protobuf";
export type {
  DescEnum,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
export { getOption, hasOption } from "@bufbuild/protobuf";
export * from "./gen/gopool/control/v1/options_pb.ts";
export * from "./gen/gopool/control/v1/control_pb.ts";
export * from "./gen/gopool/control/v1/clients_pb.ts";
export * from "./gen/gopool/control/v1/ledger_pb.ts";
export * from "./gen/gopool/control/v1/public_api_pb.ts";
export * from "./gen/gopool/control/v1/payouts_pb.ts";
export * from "./gen/gopool/control/v1/blocks_pb.ts";
export * from "./gen/gopool/control/v1/road_pb.ts";
export * from "./gen/gopool/control/v1/shares_pb.ts";
export * from "./gen/gopool/control/v1/series_pb.ts";
export * from "./gen/gopool/control/v1/jobs_pb.ts";
export * from "./gen/gopool/control/v1/sessions_pb.ts";
