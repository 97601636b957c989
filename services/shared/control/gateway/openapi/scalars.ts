/**
 * The schemas of scalars, enums and well-known messages, by protobuf's JSON mapping
 * (https://protobuf.dev/programming-guides/json/).
 *
 * @module
 */
import type { DescEnum } from "@gopool/proto/control";
import { ScalarType } from "@gopool/proto/reflect";
import type { Role, Schema } from "./schema.ts";

const U32: Schema = { type: "integer", format: "uint32", minimum: 0, maximum: 4_294_967_295 };
const S32: Schema = {
  type: "integer",
  format: "int32",
  minimum: -2_147_483_648,
  maximum: 2_147_483_647,
};
/** Past 2^53 a JSON number loses digits in most readers: protobuf's JSON writes a text. */
const U64: Schema = { type: "string", format: "uint64", pattern: "^[0-9]{1,20}$" };
const S64: Schema = { type: "string", format: "int64", pattern: "^-?[0-9]{1,19}$" };
/** The gateway lets no answer say NaN or Infinity, so that every reader has a number. */
const FLOAT: Schema = { type: "number", format: "float" };
const DOUBLE: Schema = { type: "number", format: "double" };

const SCALARS: Readonly<Record<ScalarType, Schema>> = {
  [ScalarType.DOUBLE]: DOUBLE,
  [ScalarType.FLOAT]: FLOAT,
  [ScalarType.INT64]: S64,
  [ScalarType.SINT64]: S64,
  [ScalarType.SFIXED64]: S64,
  [ScalarType.UINT64]: U64,
  [ScalarType.FIXED64]: U64,
  [ScalarType.INT32]: S32,
  [ScalarType.SINT32]: S32,
  [ScalarType.SFIXED32]: S32,
  [ScalarType.UINT32]: U32,
  [ScalarType.FIXED32]: U32,
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
};

/** Of one value. Requests are described in the plain form; others that protobuf's JSON reads are taken as well. */
export function scalarSchema(scalar: ScalarType): Schema {
  return SCALARS[scalar];
}

/** In a request a name or its number is taken; answers have names. */
export function enumSchema({ values }: DescEnum, role: Role, comment?: string): Schema {
  const description = comment === undefined ? {} : { description: comment };
  const names: Schema = { type: "string", enum: values.map(({ name }) => name) };
  if (role === "answer") return { ...names, ...description };
  const numbers: Schema = { type: "integer", enum: values.map(({ number }) => number) };
  return { anyOf: [names, numbers], ...description };
}

const ANY_OBJECT: Schema = { type: "object", additionalProperties: true };

const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$" },
  "google.protobuf.FieldMask": { type: "string" },
  "google.protobuf.Struct": ANY_OBJECT,
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Any": ANY_OBJECT,
};

/** The schema of a message whose JSON is its own affair; undefined for all others. */
export function wellKnown(typeName: string): Schema | undefined {
  return WELL_KNOWN[typeName];
}
