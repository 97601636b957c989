/**
 * Answers over plain HTTP: JSON, and errors as JSON.
 *
 * @module
 */
import { type Code, ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import { ValidationError } from "@gopool/proto/validate";
import { VIOLATIONS_MAX } from "../limits.ts";

/** What an error looks like to a caller. */
export interface ErrorJson {
  /** Connect's name of the code: `not_found`. */
  readonly code: string;
  /** A sentence. */
  readonly message: string;
  /** What is wrong with which field, where a rule of the request was broken. */
  readonly details?: readonly FieldErrorJson[];
}

export interface FieldErrorJson {
  /** As JSON names it: `pageSize`. */
  readonly field: string;
  /** As protovalidate names it: `uint32.lte`. */
  readonly rule: string;
  readonly message: string;
}

const JSON_TYPE = "application/json";

/** @param text JSON. */
export function jsonAnswer(text: string, headers: Headers): Response {
  headers.set("content-type", JSON_TYPE);
  return new Response(text, { headers });
}

/**
 * An error as JSON, with the status of Connect's table (https://connectrpc.com/docs/protocol/#error-codes) unless HTTP
 * has a better one. The error's metadata become headers.
 */
export function errorAnswer(error: ConnectError, status = codeToHttpStatus(error.code)): Response {
  const headers = new Headers(error.metadata);
  headers.set("content-type", JSON_TYPE);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  return new Response(JSON.stringify(errorJson(error)), { status, headers });
}

/** The same, said with a code and a sentence. */
export function refusal(
  code: Code,
  message: string,
  status?: number,
  headers?: HeadersInit,
): Response {
  return errorAnswer(new ConnectError(message, code, headers), status);
}

export function errorJson(error: ConnectError): ErrorJson {
  const code = codeToString(error.code);
  if (!(error.cause instanceof ValidationError)) return { code, message: error.rawMessage };
  const { violations } = error.cause;
  const details = violations.slice(0, VIOLATIONS_MAX).map(({ field, ruleId, message }) => ({
    field: fieldText(field),
    rule: ruleId,
    message,
  }));
  const words = details.map(({ field, message }) =>
    field === "" ? message : `${field}: ${message}`
  );
  if (violations.length > details.length) {
    words.push(`and ${violations.length - details.length} more`);
  }
  return { code, message: words.join("; "), details };
}

type Path = ValidationError["violations"][number]["field"];

/** `pageSize`, `list[3].name`: protovalidate's path in the names that JSON has. */
function fieldText(path: Path): string {
  let text = "";
  for (const part of path) {
    switch (part.kind) {
      case "field":
        text += `${text === "" ? "" : "."}${part.jsonName}`;
        break;
      case "oneof":
        text += `${text === "" ? "" : "."}${part.name}`;
        break;
      case "list_sub":
        text += `[${part.index}]`;
        break;
      case "map_sub":
        text += `[${JSON.stringify(part.key)}]`;
        break;
    }
  }
  return text;
}
