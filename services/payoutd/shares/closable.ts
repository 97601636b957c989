/**
 * When a minute may be closed: when nothing that was logged before its end can still come. Pure asking, nothing is
 * changed.
 *
 * @module
 */
import { type Bus, shareSubmissions, shareValid } from "@gopool/bus";
import type { Tx } from "@gopool/ledger";
import { MINUTE_MS, openShareLog, sharePositions } from "@gopool/ledger/shares";

/** The consumer group of shareproc, whose committed offsets say what is judged. */
const JUDGES = "shareproc";

/** How far one partition was read: with the log, anybody can compute the same sums again. */
export interface Cut {
  readonly partition: number;
  /** In share.submissions: everything logged before the minute is below it, and judged. */
  readonly submissions: number;
  /** In share.valid: everything that was judged valid of that is below it, and applied. */
  readonly valid: number;
}

/** Everything logged before the beginning of `minute` was judged and applied. */
export interface Proof {
  readonly minute: number;
  readonly busId: string;
  readonly cuts: readonly Cut[];
}

/**
 * Whether everything logged before `minute` is judged, as the bus has it; if so, how far share.valid is to be read
 * for it. Asked in this order, each answer is true when the next is asked: what lies before the minute, that the judges
 * have committed it (they commit after publishing), where share.valid then ends.
 *
 * @param minute The minute of T, not closed itself. It lies 2 minutes back at least: brokers' clocks differ.
 * @returns The proof to be, or a sentence that says what it waits for.
 */
export async function judgedBefore(bus: Bus, minute: number): Promise<Proof | string> {
  const busId = await bus.logId();
  const wanted = await bus.offsetAt(shareSubmissions, minute * MINUTE_MS);
  const committed = await bus.committed(shareSubmissions, JUDGES);
  for (const [partition, offset] of wanted.entries()) {
    const judged = committed[partition] ?? 0;
    if (judged < offset) {
      return `share.submissions/${partition} is judged up to offset ${judged}, the minute needs ${offset}`;
    }
  }
  const ends = await bus.ends(shareValid);
  const cuts = ends.map(({ partition, next }) => ({
    partition,
    submissions: wanted[partition]!,
    valid: next,
  }));
  return { minute, busId, cuts };
}

/**
 * Whether the ledger has applied all that a proof asks for.
 *
 * @returns Null, or a sentence that says what it waits for.
 */
export async function appliedBefore(tx: Tx, { busId, cuts }: Proof): Promise<string | null> {
  const log = await openShareLog(tx);
  if (log !== null && log.busId !== busId) {
    return `the ledger's log "${log.id}" is on another bus than "${busId}" (deno task ledger begin)`;
  }
  const positions = log === null ? [] : await sharePositions(tx, log.number);
  const next = new Map(positions.map(({ partition, nextOffset }) => [partition, nextOffset]));
  for (const { partition, valid } of cuts) {
    const applied = next.get(partition) ?? 0;
    if (applied < valid) {
      return `share.valid/${partition} is applied up to offset ${applied}, the minute needs ${valid}`;
    }
  }
  return null;
}

/**
 * Whether every minute before `minute` (the minute of T) may be closed now: {@link judgedBefore}, then
 * {@link appliedBefore}. Who settles calls `closeThrough(tx, minute - 1)` with the proof in hand, in the same
 * transaction, and stores the cuts with the block.
 *
 * @returns The proof, or a sentence that says what it waits for.
 * @throws What the bus throws while it is away.
 */
export async function closable(bus: Bus, tx: Tx, minute: number): Promise<Proof | string> {
  const proof = await judgedBefore(bus, minute);
  if (typeof proof === "string") return proof;
  return await appliedBefore(tx, proof) ?? proof;
}
