/**
 * Messages through their descriptors alone: for the gateway, and for tests that are made from the protos.
 *
 * @module
 */
export {
  create,
  createFileRegistry,
  createRegistry,
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
export {
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
export { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
