/**
 * Who leads, written down for people who ask another jobmanager. Nothing is decided by it: the lease and the terms in
 * the log are what counts.
 *
 * @module
 */
import { type State, StateUnavailable } from "@gopool/state";

export interface LeaderNote {
  readonly holder: string;
  readonly term: number;
}

/** Settles within STATE_ANSWER_MS and never rejects for a store that is away: then nobody knows. */
export async function noteLeader(state: State, pool: string, note: LeaderNote): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify(note));
  await orNothing(() => state.set(keyOf(pool), value));
}

/** The last leader that could write it down; null where there is none, or the store is away. */
export async function notedLeader(state: State, pool: string): Promise<LeaderNote | null> {
  const value = await orNothing(() => state.get(keyOf(pool)));
  if (!value) return null;
  try {
    const note = JSON.parse(new TextDecoder().decode(value)) as Partial<LeaderNote> | null;
    if (typeof note?.holder !== "string" || typeof note.term !== "number") return null;
    return { holder: note.holder, term: note.term };
  } catch {
    return null;
  }
}

function keyOf(pool: string): string {
  return `leads:jobmanager:${pool}`;
}

async function orNothing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StateUnavailable) return null;
    throw error;
  }
}
