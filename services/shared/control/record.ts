/**
 * Calls that change something are told to those who keep account of it.
 *
 * @module
 */
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import {
  type DescMessage,
  type DescMethod,
  type MessageShape,
  toJson,
} from "@gopool/proto/control";
import { NOTE_MAX_CHARS } from "./limits.ts";
import { caller, keepNotes, type Note } from "./note.ts";
import type { MethodRule } from "./rules.ts";

/** One call that changed something, or tried to. */
export interface RecordedCall {
  /** `gopool.control.v1.ControlService/Drain`. */
  readonly method: string;
  /** The caller's name by its token or certificate. */
  readonly caller: string;
  /** What was asked, as JSON; cut where it is long. */
  readonly request: string;
  /** What the call found and what it left, where it said so. */
  readonly before: string;
  readonly after: string;
  /** Why it failed; empty where it succeeded. */
  readonly error: string;
}

/** Told once for each changing call that a caller was let in for, when it has ended. Must not throw. */
export type Record = (call: RecordedCall) => void;

/** Unary calls only: `rulesOf` lets no stream change anything. */
export function recorder(rules: ReadonlyMap<DescMethod, MethodRule>, record: Record): Interceptor {
  return (next) => async (request) => {
    if (request.stream || !rules.get(request.method)?.changes) return await next(request);
    const notes: Note[] = [];
    keepNotes(request.contextValues, notes);
    let error = "";
    try {
      return await next(request);
    } catch (failure) {
      error = ConnectError.from(failure).message;
      throw failure;
    } finally {
      record({
        method: `${request.service.typeName}/${request.method.name}`,
        caller: caller({ values: request.contextValues }).name,
        request: cut(asked(request.method.input, request.message)),
        before: cut(notes[0]?.before ?? ""),
        after: cut(notes[0]?.after ?? ""),
        error: cut(error),
      });
    }
  };
}

function asked(schema: DescMessage, message: unknown): string {
  try {
    return JSON.stringify(toJson(schema, message as MessageShape<DescMessage>));
  } catch {
    // Such as a value outside what JSON can say: the call itself is not to fail because of that.
    return "(cannot be shown)";
  }
}

function cut(text: string): string {
  return text.length <= NOTE_MAX_CHARS ? text : `${text.slice(0, NOTE_MAX_CHARS)}…`;
}
