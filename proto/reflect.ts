/**
 * Messages through their descriptors alone: for the gateway, and for tests that are made from the protos.
 *
 * @module
 */
export {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type DescOneof,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  ScalarType,
  toBinary,
  toJson,
  toJsonString,
} from "@bufbuild/protobuf";
export { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
export { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
