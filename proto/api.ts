/**
 * The public API's services and messages, and how they are reached over plain HTTP.
 *
 * Apart from mod.ts and control.ts: names such as BlockService stand in both planes.
 *
 * @module
 */
export {
  type Timestamp,
  timestampDate,
  timestampFromMs,
  timestampMs,
} from "@bufbuild/protobuf/wkt";
export type { JsonObject } from "@bufbuild/protobuf";
export { http } from "./gen/google/api/annotations_pb.ts";
export { type HttpRule } from "./gen/google/api/http_pb.ts";
export * from "./gen/gopool/api/v1/common_pb.ts";
export * from "./gen/gopool/api/v1/pool_pb.ts";
export * from "./gen/gopool/api/v1/blocks_pb.ts";
export * from "./gen/gopool/api/v1/miners_pb.ts";
export * from "./gen/gopool/api/v1/payouts_pb.ts";
