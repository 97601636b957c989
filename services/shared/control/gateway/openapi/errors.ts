/**
 * Errors in the document: one shape for all, and the statuses that each operation may come to.
 *
 * @module
 */
import type { Binding } from "../bindings.ts";
import type { Schema } from "./schema.ts";

/** Connect's codes (https://connectrpc.com/docs/protocol/#error-codes). */
const CODES = [
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

export const ERROR_SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: {
    type: "object",
    description: "Why there is no answer.",
    properties: {
      code: { type: "string", enum: CODES, description: "For programs." },
      message: { type: "string", description: "A sentence, for people." },
      details: {
        type: "array",
        items: { $ref: "#/components/schemas/FieldError" },
        description: "What is wrong with which field of the request.",
      },
    },
    required: ["code", "message"],
  },
  FieldError: {
    type: "object",
    properties: {
      field: { type: "string", description: "As it is called here." },
      rule: { type: "string", description: "The rule that it breaks, as `uint32.lte`." },
      message: { type: "string", description: "What was wanted." },
    },
    required: ["field", "rule", "message"],
  },
};

const WORDS: Readonly<Record<string, string>> = {
  BadRequest: "The request is wrong: the sentence says what it was, and what was wanted.",
  NotFound: "There is no such thing.",
  TooMany: "You ask too often; `Retry-After` says when to ask again.",
  Unavailable: "What this needs is away: ask again later.",
  Error: "Anything else.",
};

const content = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };

export const ERROR_RESPONSES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(WORDS).map(([name, description]) => [name, { description, content }]),
);

export const NOT_CHANGED = { description: "What `If-None-Match` names is still the answer." };

/** @returns References by status. */
export function errorsOf({ bound }: Binding): Readonly<Record<string, unknown>> {
  const named = bound.length === 0 ? {} : { 404: reference("NotFound") };
  return {
    400: reference("BadRequest"),
    ...named,
    429: reference("TooMany"),
    503: reference("Unavailable"),
    default: reference("Error"),
  };
}

function reference(name: string) {
  return { $ref: `#/components/responses/${name}` };
}
