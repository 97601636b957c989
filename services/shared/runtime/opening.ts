/**
 * Opening what a process works on: seen while it lasts, and told in a sentence where it fails.
 *
 * @module
 */
import type { Logger } from "./log.ts";
import { FatalError } from "./supervise.ts";
import type { StatusBoard } from "./status.ts";

/** Says what keeps a part from its work; null when that is over. */
export type Tell = (sentence: string | null) => void;

export interface OpeningDeps {
  readonly board: StatusBoard;
  readonly log: Logger;
  /** Aborted meanwhile: the opening rejects with its reason. */
  readonly signal: AbortSignal;
}

/**
 * Opens one part: it stands on the board as down until it is open. What it tells later makes it degraded: readers
 * and writers say themselves whether they can go on.
 *
 * @throws {FatalError} Where the settings or the machine forbid it: errors named …NotOpened or that begin "Cannot
 *   open", and files that cannot be read.
 */
export async function openPart<T>(
  { board, log, signal }: OpeningDeps,
  part: string,
  open: (tell: Tell) => Promise<T>,
): Promise<T> {
  let isOpen = false;
  let told: string | null = null;
  const well = () => board.set(part, isOpen ? "ok" : "down", isOpen ? "open" : "opening", false);
  const tell: Tell = (sentence) => {
    if (sentence === null) {
      well();
      if (told !== null) log.info(`${part}: well again`);
    } else {
      board.set(part, isOpen ? "degraded" : "down", sentence);
      // Tried again and again, the same sentence is no news.
      if (told !== sentence) log.warn(sentence, { part });
    }
    told = sentence;
  };
  well();
  try {
    const opened = await open(tell);
    isOpen = true;
    well();
    return opened;
  } catch (error) {
    // Who was told to end while it still waited has obeyed, however the wait ended.
    signal.throwIfAborted();
    if (!isForOperator(error)) throw error;
    const { message } = error as Error;
    const sentence = message.startsWith("Cannot") ? message : `Cannot open the ${part}: ${message}`;
    board.set(part, "down", sentence);
    throw new FatalError(sentence, { cause: error });
  }
}

/** Rooms do not know this one's classes, but all name theirs alike. */
function isForOperator(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { NotFound, PermissionDenied, NotCapable, IsADirectory } = Deno.errors;
  return error.name.endsWith("NotOpened") || error.message.startsWith("Cannot open ") ||
    [NotFound, PermissionDenied, NotCapable, IsADirectory].some((kind) => error instanceof kind);
}
