/**
 * What a field takes, in words.
 *
 * @module
 */
import type { DescField } from "@gopool/proto/control";
import { ScalarType } from "@gopool/proto/reflect";
import { wrapped } from "./fields.ts";
import { NAMES_MAX } from "./limits.ts";

const UP_TO_32 = "a whole number from 0 to 4294967295";
const BOTH_32 = "a whole number from -2147483648 to 2147483647";
const UP_TO_64 = "a whole number from 0 to 18446744073709551615";
const BOTH_64 = "a whole number from -9223372036854775808 to 9223372036854775807";

const SCALARS: Readonly<Record<ScalarType, string>> = {
  [ScalarType.DOUBLE]: "a number",
  [ScalarType.FLOAT]: "a number",
  [ScalarType.INT64]: BOTH_64,
  [ScalarType.SINT64]: BOTH_64,
  [ScalarType.SFIXED64]: BOTH_64,
  [ScalarType.UINT64]: UP_TO_64,
  [ScalarType.FIXED64]: UP_TO_64,
  [ScalarType.INT32]: BOTH_32,
  [ScalarType.SINT32]: BOTH_32,
  [ScalarType.SFIXED32]: BOTH_32,
  [ScalarType.UINT32]: UP_TO_32,
  [ScalarType.FIXED32]: UP_TO_32,
  [ScalarType.BOOL]: "true or false",
  [ScalarType.STRING]: "a text",
  [ScalarType.BYTES]: "base64",
};

const MESSAGES: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "a time as 2026-01-31T12:00:00Z",
  "google.protobuf.Duration": "a time span in seconds as 1.5s",
  "google.protobuf.FieldMask": "names of fields, divided by commas",
};

/** For one value of a leaf: "a whole number from 0 to 4294967295". */
export function wantedOf(field: DescField): string {
  const inner = field.message === undefined ? field : wrapped(field.message);
  if (inner === null) return MESSAGES[field.message!.typeName] ?? field.message!.typeName;
  if (inner.enum !== undefined) {
    const names = inner.enum.values.slice(0, NAMES_MAX).map(({ name }) => name);
    return `one of ${names.join(", ")}`;
  }
  return SCALARS[inner.scalar as ScalarType];
}
