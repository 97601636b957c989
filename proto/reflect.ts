/**
 * Messages through their descriptors alone: for tests that are made from the protos.
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
  type MessageShape,
  ScalarType,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
export { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
export { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
