/**
 * The messages that travel between services, and the few functions of protobuf-es that the rooms need.
 *
 * @module
 */
export { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
export type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
export * from "./gen/gopool/v1/block_pb.ts";
export * from "./gen/gopool/v1/job_pb.ts";
export * from "./gen/gopool/v1/share_pb.ts";
