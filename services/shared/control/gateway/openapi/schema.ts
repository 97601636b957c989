/**
 * JSON Schema, as far as the document uses it (https://json-schema.org/draft/2020-12, which OpenAPI 3.1 takes over).
 *
 * @module
 */

/** Keywords as they are written. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: "string" | "number" | "integer" | "boolean" | "array" | "object" | "null";
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number | boolean;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly contentEncoding?: string;
  readonly contentMediaType?: string;
  readonly contentSchema?: Schema;
}

/**
 * Where a value stands. Answers are written in one form; a body may be written in each form that protobuf's JSON reads;
 * in a URL everything is text, and a number is what looks like one.
 */
export type Role = "answer" | "body" | "url";
