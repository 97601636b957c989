/**
 * Checks messages against the rules in their protos (`buf.validate`).
 *
 * @module
 */
export { createValidator, type ValidationResult, type Validator } from "@bufbuild/protovalidate";
