/**
 * What travels with a call inside the server: who calls, and what a changing call found and left.
 *
 * @module
 */
import {
  type ContextKey,
  type ContextValues,
  createContextKey,
  type HandlerContext,
} from "@connectrpc/connect";
import type { Role } from "@gopool/proto/control";

/** Who calls. Without a token (health, reflection): no name, no roles. */
export interface Caller {
  /** As the token's entry or the certificate names it; goes into records. */
  readonly name: string;
  readonly roles: readonly Role[];
}

/** What a call found and what it left, as short text for people and machines: a value, or JSON. */
export interface Note {
  readonly before: string;
  readonly after: string;
}

/** Nobody in particular. */
export const NOBODY: Caller = { name: "", roles: [] };

const callerKey: ContextKey<Caller> = createContextKey(NOBODY, { description: "caller" });
const notesKey: ContextKey<Note[] | null> = createContextKey<Note[] | null>(null, {
  description: "what a call found and left",
});

/** Who calls this method. */
export function caller(context: Pick<HandlerContext, "values">): Caller {
  return context.values.get(callerKey);
}

/**
 * Tells what a changing call found and left; the kit puts it into the record. The last word counts: a call that fails
 * half way may say before it throws what it has left so far.
 */
export function note(context: Pick<HandlerContext, "values">, found: Note): void {
  const notes = context.values.get(notesKey);
  if (notes !== null) notes[0] = found;
}

/** For the gate alone. */
export function setCaller(values: ContextValues, who: Caller): void {
  values.set(callerKey, who);
}

/** For the recorder alone: from now on notes are kept in `notes`. */
export function keepNotes(values: ContextValues, notes: Note[]): void {
  values.set(notesKey, notes);
}
