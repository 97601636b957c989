/**
 * `deno task ledger begin`: the ledger's log opened by an operator's word, or changed for another (ledger-arithmetic
 * 5.4). Blocks found before the first opening are booked whole to the account "opening"; the window goes on across logs.
 *
 * @module
 */
import { blockFound, type Bus, shareSubmissions, shareValid } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import type { Ledger, Tx } from "@gopool/ledger";
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import {
  closeLog,
  openLog,
  openShareLog,
  type ShareLog,
  shareLogs,
  type SharePosition,
  sharePositions,
} from "@gopool/ledger/shares";
import { decodeJudged, type Link, MalformedShare } from "@gopool/shares";
import { GROUP } from "../blocks/mod.ts";

/** With payoutd's own, the group whose committed offsets say how far the old log was used. */
const JUDGES = "shareproc";
/** Blocks named in a refusal. */
const NAMED = 5;

export interface BeginDeps {
  readonly ledger: Ledger;
  /** Where the pool is now. */
  readonly bus: Bus;
  /** The bus of the log that is open in the ledger, where it is another and can still be read. */
  readonly oldBus: Bus | null;
  /** How records name the new log where it has none yet: the bus's id, with the epoch. */
  readonly logId: string;
  readonly nowMs: number;
}

export interface BeginOrder {
  readonly actor: Actor;
  /** What is not read or not settled of the old log is given up. */
  readonly abandon: boolean;
}

export interface Begun {
  /** The log that was closed; null where none was open. */
  readonly closed: { readonly id: string; readonly positions: readonly SharePosition[] } | null;
  readonly opened: { readonly id: string; readonly positions: readonly SharePosition[] };
  /** Log time from which the new log's shares are in the books. */
  readonly beginsAtMs: number;
  /** What somebody should know, in sentences. */
  readonly notes: readonly string[];
}

/** It cannot be done as things stand. Nothing was changed; the message says what to do. */
export class BeginRefused extends Error {
  override name = "BeginRefused";
}

/**
 * Closes the log that is open, if any, and opens the one on the bus.
 *
 * @throws {BeginRefused}
 */
export async function begin(deps: BeginDeps, order: BeginOrder): Promise<Begun> {
  const { ledger, bus, logId, nowMs } = deps;
  const head = await readHead(bus, logId);
  const busId = await bus.logId();
  // The old bus is asked before the transaction: what it says of a log that nobody writes to stays true.
  const open = await ledger.transaction(openShareLog);
  const unread = open === null ? [] : await unreadOf(deps, open);
  return await ledger.transaction(async (tx) => {
    const [row] = await tx.query<{ id: bigint }>(
      "INSERT INTO adjustment (kind, operator, reason, detail, at_ms) VALUES ('begin', $1, $2, $3, $4) RETURNING id",
      [
        order.actor.who,
        order.actor.reason,
        { log: head.logId, busId, abandon: order.abandon },
        nowMs,
      ],
    );
    const adjustmentId = row!.id;
    const closed = await closeLog(tx, adjustmentId, nowMs);
    if (closed?.log.number !== open?.number) {
      throw new BeginRefused("Another log was opened or closed in between: look again");
    }
    if (closed !== null) await assertDone(tx, closed, head, unread, order);
    await assertLater(tx, head);
    const { beginsAtMs, notes } = head;
    const positions = closed?.log.id === head.logId
      ? furthest(head.positions, closed.positions)
      : head.positions;
    await openLog(tx, { id: head.logId, busId, beginsAtMs, positions, adjustmentId }, nowMs);
    await noteAudit(tx, order.actor, {
      before: { log: closed?.log.id ?? null },
      after: { log: head.logId, busId, beginsAtMs, abandon: order.abandon },
    }, nowMs);
    return {
      closed: closed === null ? null : { id: closed.log.id, positions: closed.positions },
      opened: { id: head.logId, positions },
      beginsAtMs,
      notes: [...notes, ...order.abandon ? unread.map((words) => `Given up: ${words}`) : []],
    };
  }, { money: true });
}

/** What the new log begins with. */
interface Head {
  readonly logId: string;
  readonly positions: readonly SharePosition[];
  readonly beginsAtMs: number;
  /** Log time of its first share; null where it has none yet. */
  readonly firstMs: number | null;
  readonly notes: readonly string[];
}

async function readHead(bus: Bus, logId: string): Promise<Head> {
  const positions: SharePosition[] = [];
  const notes: string[] = [];
  let beginsAtMs = 0;
  let firstMs: number | null = null;
  let found: string | undefined;
  const judged = await bus.committed(shareSubmissions, JUDGES);
  for (const { partition, earliest, next } of await bus.ends(shareValid)) {
    const first = await firstLink(bus, partition, earliest);
    const at = { partition, sourceOffset: -1, headerHash: new Uint8Array(), loggedAtMs: 0 };
    if (first === null) {
      // Everything that is judged was removed, if there was anything: what comes next follows it.
      const sourceOffset = next === 0 ? -1 : (judged[partition] ?? 0) - 1;
      positions.push({ ...at, sourceOffset, nextOffset: next });
      continue;
    }
    const { link, offset } = first;
    if (found !== undefined && found !== link.logId) {
      throw new BeginRefused(
        `share.valid begins with records of two logs, "${found}" and "${link.logId}": wait until retention has removed those of the older one, or name a bus without them`,
      );
    }
    found = link.logId;
    const previous = link.previousValidOffset;
    if (link.mark) {
      positions.push({ ...at, sourceOffset: previous, nextOffset: offset });
      continue;
    }
    firstMs = Math.min(firstMs ?? link.loggedAtMs, link.loggedAtMs);
    if (previous < -1) {
      // Nobody can say what came before this one: it is where the books begin, and the last one before them.
      notes.push(
        `The first share of share.valid/${partition} (source offset ${link.sourceOffset}) is not counted: what came before it is not known`,
      );
      const { sourceOffset, loggedAtMs } = link;
      const headerHash = link.headerHash.slice();
      positions.push({ partition, sourceOffset, headerHash, loggedAtMs, nextOffset: offset + 1 });
      beginsAtMs = Math.max(beginsAtMs, loggedAtMs + 1);
      continue;
    }
    positions.push({ ...at, sourceOffset: previous, nextOffset: offset });
    // From here on every partition is whole: what was found earlier cannot be split fairly.
    if (previous >= 0) beginsAtMs = Math.max(beginsAtMs, link.loggedAtMs);
  }
  return { logId: found ?? logId, positions, beginsAtMs, firstMs, notes };
}

/** The first record of a partition that can be read; null where there is none. */
async function firstLink(
  bus: Bus,
  partition: number,
  from: number,
): Promise<{ link: Link; offset: number } | null> {
  for await (const { messages } of bus.read(shareValid, partition, from)) {
    for (const { value, offset } of messages) {
      try {
        return { link: decodeJudged(value), offset };
      } catch (error) {
        if (!(error instanceof MalformedShare)) throw error;
      }
    }
  }
  return null;
}

/** What of the old log was not judged, not applied or not taken, in sentences. */
async function unreadOf({ bus, oldBus, ledger }: BeginDeps, open: ShareLog): Promise<string[]> {
  const old = await bus.logId() === open.busId
    ? bus
    : oldBus !== null && await oldBus.logId() === open.busId
    ? oldBus
    : null;
  if (old === null) {
    return [
      `the bus of log "${open.id}" cannot be asked whether all of it was applied: name it with --old-bus`,
    ];
  }
  const unread: string[] = [];
  const judged = await old.committed(shareSubmissions, JUDGES);
  for (const { partition, earliest, next } of await old.ends(shareSubmissions)) {
    if ((judged[partition] ?? earliest) >= next) continue;
    unread.push(
      `share.submissions/${partition} is judged up to offset ${judged[partition] ?? 0} of ${next}`,
    );
  }
  const positions = await ledger.transaction((tx) => sharePositions(tx, open.number));
  for (const { partition, next } of await old.ends(shareValid)) {
    const at = positions.find((one) => one.partition === partition)?.nextOffset ?? 0;
    if (at >= next) continue;
    unread.push(`share.valid/${partition} is applied up to offset ${at} of ${next}`);
  }
  const taken = await old.committed(blockFound, GROUP);
  for (const { partition, earliest, next } of await old.ends(blockFound)) {
    if ((taken[partition] ?? earliest) >= next) continue;
    unread.push(`block.found is read up to offset ${taken[partition] ?? 0} of ${next}`);
  }
  return unread;
}

/** The old log is applied to its end, and every block found on it is settled. */
async function assertDone(
  tx: Tx,
  { log, positions }: { log: ShareLog; positions: readonly SharePosition[] },
  head: Head,
  unread: readonly string[],
  { abandon }: BeginOrder,
): Promise<void> {
  const isSame = log.id === head.logId &&
    positions.every(({ partition, nextOffset }) =>
      (head.positions[partition]?.nextOffset ?? 0) <= nextOffset
    );
  if (isSame) {
    throw new BeginRefused(
      `The log "${log.id}" is open in the ledger and can be read on from where it stands: there is nothing to begin`,
    );
  }
  if (abandon) return;
  const rows = await tx.query<{ hash: Uint8Array; waits: string | null }>(
    `SELECT hash, waits_for AS waits FROM block WHERE scheme IS NULL AND watched AND state <> 'orphaned'
     ORDER BY found_at_ms LIMIT ${NAMED + 1}`,
  );
  const blocks = rows.slice(0, NAMED).map(({ hash, waits }) =>
    `block ${displayHash(hash as Hash)} is not settled${waits === null ? "" : ` (${waits})`}`
  );
  const all = [
    ...unread,
    ...blocks,
    ...rows.length > NAMED ? ["and more blocks are not settled"] : [],
  ];
  if (all.length === 0) return;
  throw new BeginRefused(
    [
      `The log "${log.id}" is not done with:`,
      ...all.map((words) => `  ${words}`),
      "Let payoutd finish on it first. To give up what is missing: --abandon, with the reason",
    ].join("\n"),
  );
}

/** Of a log that is opened anew, partitions that can be read on from where they stand are: nothing counts twice. */
function furthest(
  heads: readonly SharePosition[],
  stood: readonly SharePosition[],
): SharePosition[] {
  return heads.map((head) => {
    const old = stood.find(({ partition }) => partition === head.partition);
    return old !== undefined && old.nextOffset >= head.nextOffset ? old : head;
  });
}

/** Time goes on: a share of the new log is later than all that were applied before. */
async function assertLater(tx: Tx, { logId, firstMs }: Head): Promise<void> {
  let lastMs = 0, last = "";
  for (const { number, id } of await shareLogs(tx)) {
    // The same log goes on by its offsets.
    if (id === logId) continue;
    for (const { loggedAtMs } of await sharePositions(tx, number)) {
      if (loggedAtMs > lastMs) [lastMs, last] = [loggedAtMs, id];
    }
  }
  if (firstMs === null || firstMs > lastMs) return;
  const say = (ms: number) => new Date(ms).toISOString();
  throw new BeginRefused(
    `The log "${logId}" begins with a share of ${
      say(firstMs)
    }, the ledger has applied shares of log "${last}" up to ` +
      `${say(lastMs)}: a log that is not later cannot follow`,
  );
}
