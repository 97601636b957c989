/**
 * Messages held against the rules that their fields carry (`buf.validate`).
 *
 * @module
 */
export { createValidator, ValidationError } from "@bufbuild/protovalidate";
export {
  field as fieldRules,
  type FieldRules,
  file_buf_validate_validate,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
