/**
 * gRPC's own services that every server of ours has, and what it takes to answer them.
 *
 * @module
 */
export { type DescExtension, type DescFile, toBinary } from "@bufbuild/protobuf";
export { nestedTypes } from "@bufbuild/protobuf/reflect";
export { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
export * from "./gen/grpc/health/v1/health_pb.ts";
export * as v1 from "./gen/grpc/reflection/v1/reflection_pb.ts";
export * as v1alpha from "./gen/grpc/reflection/v1alpha/reflection_pb.ts";
