/**
 * Where the ledger's reading of a partition stands; an empty ledger begins here.
 *
 * @module
 */
import { type Bus, shareValid } from "@gopool/bus";
import type { Ledger, Tx } from "@gopool/ledger";
import {
  openLog,
  openShareLog,
  type ShareLog,
  shareLogs,
  sharePositions,
} from "@gopool/ledger/shares";
import type { Clock, Logger } from "@gopool/runtime";
import { headOf } from "./heads.ts";
import type { Standing } from "./read_batch.ts";
import type { Books } from "./share.ts";

/** Somebody has to act before this partition is counted on. The message is a sentence that says how. */
export class SharesStopped extends Error {
  override name = "SharesStopped";
}

export interface StandingDeps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly books: Books;
}

/**
 * Where a partition stands; null while nothing was ever written to share.valid, and no log is open.
 *
 * @throws {SharesStopped} The log of these books is not the one on the bus, or cannot be begun without an operator.
 */
export async function standingOf(
  deps: StandingDeps,
  partition: number,
  signal: AbortSignal,
): Promise<Standing | null> {
  const { bus, ledger } = deps;
  let found = await ledger.transaction((tx) => readStanding(tx, partition));
  if (found === null) {
    if (!await begin(deps, signal)) return null;
    found = await ledger.transaction((tx) => readStanding(tx, partition));
  }
  if (found === null) {
    throw new SharesStopped("The ledger's log was closed again: it is begun anew");
  }
  const { log, standing } = found;
  const busId = await bus.logId();
  if (log.busId !== busId) {
    throw new SharesStopped(
      `The ledger's log "${log.id}" is on bus "${log.busId}", this one is "${busId}". If the pool has moved: ` +
        "deno task ledger begin",
    );
  }
  if (standing === null) {
    throw new SharesStopped(
      `The ledger's log "${log.id}" had no partition ${partition} when it was opened. With other partitions a new log ` +
        "begins: deno task ledger begin",
    );
  }
  await assertReadable(bus, partition, standing.at.nextOffset);
  return standing;
}

/** The log that is open, and where the partition stands in it. */
async function readStanding(
  tx: Tx,
  partition: number,
): Promise<{ log: ShareLog; standing: Standing | null } | null> {
  const log = await openShareLog(tx);
  if (log === null) return null;
  const former = new Map<string, number>();
  for (const { number, id, closedAtMs } of await shareLogs(tx)) {
    if (closedAtMs === null || id === log.id) continue;
    const end = (await sharePositions(tx, number)).find((at) => at.partition === partition);
    former.set(id, Math.max(end?.sourceOffset ?? -1, former.get(id) ?? -1));
  }
  const at = (await sharePositions(tx, log.number)).find((at) => at.partition === partition);
  return { log, standing: at === undefined ? null : { log, at, former } };
}

/**
 * Opens the first log of an empty ledger.
 *
 * @returns False while share.valid is empty.
 * @throws {SharesStopped} An operator must say where to begin.
 */
async function begin(
  { bus, ledger, clock, log, books }: StandingDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const logs = await ledger.transaction(shareLogs);
  // Another payoutd began it in between.
  if (logs.some(({ closedAtMs }) => closedAtMs === null)) return true;
  if (logs.length > 0) {
    throw new SharesStopped("No log is open in the ledger: deno task ledger begin");
  }
  const head = await headOf(bus, books, signal);
  if (head.kind === "empty") return false;
  if (head.kind === "cut") {
    throw new SharesStopped(
      `The books cannot begin by themselves: ${head.problem}. To begin where the log begins now: ` +
        "deno task ledger begin",
    );
  }
  const { logId, earliest } = head;
  const positions = earliest.map((nextOffset, partition) => ({
    partition,
    sourceOffset: -1,
    headerHash: new Uint8Array(),
    loggedAtMs: 0,
    nextOffset,
  }));
  const busId = await bus.logId();
  const opening = { id: logId, busId, beginsAtMs: 0, positions, adjustmentId: null };
  // Two that begin at once find the same: the second one finds it open.
  const opened = await ledger.transaction((tx) => openLog(tx, opening, clock.now()));
  if (opened) log.info("the books begin with the log's beginning", { logId });
  return true;
}

/** @throws {SharesStopped} What is to be read next is not there. */
async function assertReadable(bus: Bus, partition: number, next: number): Promise<void> {
  const ends = (await bus.ends(shareValid))[partition];
  if (ends === undefined || ends.next < next) {
    throw new SharesStopped(
      `share.valid/${partition} ends at ${
        ends?.next ?? 0
      }, the ledger has read it up to ${next}: was the topic ` +
        "deleted and made again? Then judge under another GOPOOL_SHAREPROC_LOG_EPOCH: deno task ledger begin",
    );
  }
  if (next < ends.earliest) {
    throw new SharesStopped(
      `share.valid/${partition} begins at ${ends.earliest} by now, the ledger has read it up to ${next} only: what lay ` +
        "between was removed unread. To go on from where it begins: deno task ledger begin",
    );
  }
}
