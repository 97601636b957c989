import { MAX_DEPTH, MAX_ID_LENGTH } from "./limits.ts";
import { walkTopLevel } from "./raw_json.ts";

/** Why a line is no message. */
export type MalformedReason =
  | "not-utf8"
  | "not-json"
  | "not-an-object"
  | "too-deep"
  | "bad-id"
  | "bad-method"
  | "bad-params"
  | "no-method";

/**
 * One line, read. `rawId` is the id's JSON text exactly as sent (`7`, `"xnsub"`, `12345678901234567890`), so
 * that an answer can echo it with its type and every digit; `null` where there is none.
 */
export type ParsedMessage =
  /** Wants an answer. */
  | {
    readonly kind: "request";
    readonly rawId: string;
    readonly method: string;
    readonly params: readonly unknown[];
  }
  /**
   * The id is null or absent. bfgminer sends suggest_* like this before it subscribes and takes the next line
   * it reads for the subscribe reply: such a message must not be answered there.
   */
  | {
    readonly kind: "notification";
    readonly rawId: "null";
    readonly method: string;
    readonly params: readonly unknown[];
  }
  | {
    readonly kind: "response";
    readonly rawId: string;
    readonly result: unknown;
    readonly error: unknown;
  }
  /** `problem` is fit to be sent back with error code 20; `rawId` is known where the line got that far. */
  | {
    readonly kind: "malformed";
    readonly rawId: string;
    readonly reason: MalformedReason;
    readonly problem: string;
  };

// fatal: a byte that is no UTF-8 is an error, not U+FFFD in somebody's worker name. ignoreBOM: a byte order
// mark stays and is then no JSON, as in the scanner.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const PROBLEMS: Record<MalformedReason, string> = {
  "not-utf8": "not UTF-8",
  "not-json": "not JSON",
  "not-an-object": "not a JSON object",
  "too-deep": "nested too deeply",
  "bad-id": "id must be a number, a string or null",
  "bad-method": "method must be a string",
  "bad-params": "params must be an array",
  "no-method": "neither a request nor a response",
};

function malformed(reason: MalformedReason, rawId = "null"): ParsedMessage {
  return { kind: "malformed", rawId, reason, problem: PROBLEMS[reason] };
}

/**
 * Reads any line: the general road, for everything scanSubmit does not know. Never throws.
 *
 * Members may come in any order, of repeated ones the last counts (as JSON.parse has it), unknown ones
 * are ignored. `params` absent or null reads as empty.
 *
 * @param line A whole line without its line end, as text or as the bytes [start, end) of a buffer.
 */
export function parseMessage(
  line: Uint8Array | string,
  start = 0,
  end: number = line.length,
): ParsedMessage {
  let text: string;
  try {
    text = typeof line === "string"
      ? line.slice(start, end)
      : utf8.decode(line.subarray(start, end));
  } catch {
    return malformed("not-utf8");
  }
  let root: Record<string, unknown>;
  try {
    root = JSON.parse(text);
  } catch {
    return malformed("not-json");
  }
  if (typeof root !== "object" || root === null || Array.isArray(root)) {
    return malformed("not-an-object");
  }
  const { raw, depth } = walkTopLevel(text, "id");
  if (depth > MAX_DEPTH) return malformed("too-deep");
  const { id, method, params } = root;
  const isId = id === undefined || id === null || typeof id === "string" || typeof id === "number";
  const rawId = raw ?? "null";
  if (!isId || rawId.length > MAX_ID_LENGTH) return malformed("bad-id");
  if (method === undefined || method === null) {
    if (!Object.hasOwn(root, "result") && !Object.hasOwn(root, "error")) {
      return malformed("no-method", rawId);
    }
    return { kind: "response", rawId, result: root.result ?? null, error: root.error ?? null };
  }
  if (typeof method !== "string") return malformed("bad-method", rawId);
  const list = params ?? [];
  if (!Array.isArray(list)) return malformed("bad-params", rawId);
  return rawId === "null"
    ? { kind: "notification", rawId, method, params: list }
    : { kind: "request", rawId, method, params: list };
}
