/**
 * Makes any value fit to stand in a log: bounded, without secrets, errors with their causes.
 *
 * @module
 */
import { HIDDEN, isSecretName, redactUrls } from "@gopool/config";

/** Long enough for a stack; a miner's input must not fill the disk. */
const TEXT_MAX = 4_000;
/** Facts are flat; deeper things are mistakes. */
const DEPTH_MAX = 5;
/** Entries shown of one list or object. */
const ENTRIES_MAX = 50;
/** Two hashes: more bytes than that help nobody in a log line. */
const BYTES_MAX = 64;

/** Text with the secrets of its URLs taken out, cut to a length that a log can bear. */
export function plainText(text: string): string {
  const shown = redactUrls(text);
  return shown.length <= TEXT_MAX
    ? shown
    : `${shown.slice(0, TEXT_MAX)}… (${shown.length} characters)`;
}

/** All facts of one line, each fit to be shown. */
export function plainFacts(facts: Record<string, unknown>): Record<string, unknown> {
  return record(facts, 0);
}

function record(facts: object, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  let count = 0;
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue;
    if (++count > ENTRIES_MAX) {
      shown["…"] = `${Object.keys(facts).length - ENTRIES_MAX} more`;
      break;
    }
    shown[name] = isSecretName(name) ? HIDDEN : plain(value, depth);
  }
  return shown;
}

function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return plainText(value);
    case "bigint":
      return value.toString();
    case "number":
      // JSON has no NaN and no infinities.
      return Number.isFinite(value) ? value : String(value);
    case "symbol":
    case "function":
      return String(value.toString().split("\n", 1)[0]);
    case "object":
      return value === null ? null : object(value, depth);
    default:
      return value;
  }
}

function object(value: object, depth: number): unknown {
  if (value instanceof Uint8Array) {
    const more = value.length > BYTES_MAX ? `… (${value.length} bytes)` : "";
    return value.subarray(0, BYTES_MAX).toHex() + more;
  }
  if (value instanceof URL) return plainText(value.href);
  if (value instanceof Date) return Number.isNaN(+value) ? "no date" : value.toISOString();
  if (depth >= DEPTH_MAX) return "…";
  if (value instanceof Error) return fault(value, depth + 1);
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...value];
    const shown = items.slice(0, ENTRIES_MAX).map((item) => plain(item, depth + 1));
    if (items.length > ENTRIES_MAX) shown.push(`… ${items.length - ENTRIES_MAX} more`);
    return shown;
  }
  if (value instanceof Map) return record(Object.fromEntries(value), depth + 1);
  return record(value, depth + 1);
}

/** Name, message, stack, cause, and whatever the class adds (codes, offsets). */
function fault(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    name,
    ...record(error, depth),
    message: plainText(message),
    ...(stack === undefined ? {} : { stack: plainText(stack) }),
    ...(cause === undefined ? {} : { cause: plain(cause, depth) }),
    ...(error instanceof AggregateError
      ? { errors: error.errors.slice(0, ENTRIES_MAX).map((one) => plain(one, depth)) }
      : {}),
  };
}
