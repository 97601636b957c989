/**
 * Share keeping: the three share topics into minutes, each partition at work by itself, and the minutes into the store.
 *
 * @module
 */
import type { Batch, Bus, ConsumeTrouble, GroupLag } from "@gopool/bus";
import {
  type Clock,
  type Logger,
  runTogether,
  type Service,
  type StatusBoard,
  troubleOnBoard,
} from "@gopool/runtime";
import type { Series } from "@gopool/series";
import type { State } from "@gopool/state";
import { findBeginning } from "./beginning.ts";
import { Claims } from "./claims.ts";
import { BATCH_MAX, PAUSED_AFTER_MS, RAW_MAX, TOTALS_MAX } from "./limits.ts";
import { addDrops, type Drops, noDrops } from "./drops.ts";
import { Part } from "./part.ts";
import { type Source, SOURCES } from "./sources.ts";
import { noWrites, type WriteCounts, Writer } from "./writer.ts";

export interface KeepingDeps {
  readonly bus: Bus;
  readonly series: Series;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
  /** This process, told apart from every other. */
  readonly holder: string;
  /** Whether shares are written one by one, too. */
  readonly raw: boolean;
}

/** Share keeping, and what it holds while it runs. */
export interface Keeping extends Service {
  /** Null while it does not run. */
  writer(): Writer | null;
  /** What the store took and refused since the process began. */
  readonly counts: Readonly<WriteCounts>;
  /** What did not count, and what counted elsewhere, since the process began. */
  totals(): KeptTotals;
  /** How far the reading itself is behind: the groups' positions stand where the oldest open minute begins. */
  lags(): Promise<GroupLag[]>;
}

export interface KeptTotals {
  readonly records: number;
  readonly drops: Readonly<Record<Source["status"], Readonly<Drops>>>;
  readonly late: number;
  readonly folded: number;
}

export function createKeeping(deps: KeepingDeps): Keeping {
  const past = { records: 0, late: 0, folded: 0 };
  const drops = { valid: noDrops(), rejected: noDrops(), stale: noDrops() };
  const counts = noWrites();
  let writer: Writer | null = null;

  const parts = () => [...writer?.parts.values() ?? []];
  /** What a partition counted, once it is given back. */
  const retire = ({ minutes, source: { status } }: Part) => {
    addDrops(drops[status], minutes.drops);
    past.late += minutes.late;
    past.folded += minutes.folded;
  };

  return {
    name: "statsd/shares",
    async run(signal) {
      const logId = await deps.bus.logId();
      const isKept = await deps.series.positions() !== null;
      const claims = isKept ? null : new Claims(deps.state, deps.pool, deps.holder);
      const onLost = ({ name, source }: Part) => {
        deps.log.warn("another statsd claims this partition: beginning anew", { part: name });
        readings.get(source)?.abort();
      };
      const readings = new Map<Source, AbortController>();
      const own = writer = new Writer({ ...deps, claims, logId, counts, onLost });
      const over = new AbortController();
      const writing = own.run(over.signal);
      try {
        await runTogether(
          signal,
          ...SOURCES.map((source) => async (stop: AbortSignal) => {
            while (!stop.aborted) {
              const again = new AbortController();
              readings.set(source, again);
              const either = AbortSignal.any([stop, again.signal]);
              await consume(deps, own, source, { claims, logId, retire, count }, either);
            }
          }),
        );
      } finally {
        over.abort();
        await writing;
        writer = null;
      }
    },
    writer: () => writer,
    counts,
    totals() {
      const sums = {
        valid: { ...drops.valid },
        rejected: { ...drops.rejected },
        stale: { ...drops.stale },
      };
      for (const { minutes, source } of parts()) addDrops(sums[source.status], minutes.drops);
      const live = parts().map(({ minutes }) => minutes);
      return {
        records: past.records,
        drops: sums,
        late: live.reduce((sum, { late }) => sum + late, past.late),
        folded: live.reduce((sum, { folded }) => sum + folded, past.folded),
      };
    },
    lags: () => lagsOf(deps.bus, parts()),
  };

  function count(records: number): void {
    past.records += records;
  }
}

interface Reading {
  readonly claims: Claims | null;
  readonly logId: string;
  readonly retire: (part: Part) => void;
  readonly count: (records: number) => void;
}

/** Reads one topic until `signal` aborts. */
async function consume(
  deps: KeepingDeps,
  writer: Writer,
  source: Source,
  { claims, logId, retire, count }: Reading,
  signal: AbortSignal,
): Promise<void> {
  const { bus, clock, log, board, pool } = deps;
  const { topic, group, status } = source;
  const raw = deps.raw ? writer.raw : null;
  const partOf = (partition: number) => writer.parts.get(`${status}/${partition}`);
  const tell = troubleOnBoard(board, log);

  await bus.consume(topic, {
    group,
    batchMax: BATCH_MAX,
    signal,
    async assigned(partition, given) {
      const name = `${status}/${partition}`;
      const askedMs = clock.monotonic();
      // Whoever was stopped on the way may have been taken for dead: then it is another's to claim.
      const isLate = () => given.aborted || clock.monotonic() - askedMs > PAUSED_AFTER_MS;
      // Before it is asked where to begin: what another still writes from here on is not believed.
      const claim = await claims?.claim(name, isLate) ?? null;
      const found = await findBeginning({ ...deps, logId }, source, partition);
      const beginning = { ...found, hold: !found.isKeptByStore };
      const part = new Part(source, partition, pool, beginning, claim, clock.monotonic());
      writer.parts.set(name, part);
      const place = `statsd/${name} begins`;
      if (found.trouble === null) board.clear(place);
      else {
        log.error(found.trouble);
        board.set(place, "degraded", found.trouble);
      }
      log.info("statistics read a partition", { part: name, offset: found.offset });
      return found.offset;
    },
    async revoked(partition) {
      const part = partOf(partition);
      if (part === undefined) return;
      // What is open is in the store a second sooner so; whoever comes next sees all of it again in any case.
      if (!writer.isShaken) {
        writer.doubt();
        await writer.write().catch((error) => {
          log.info("what is open was not written at the end, it will be rebuilt", { error });
        });
      }
      writer.parts.delete(part.name);
      retire(part);
    },
    keepFrom: (partition) => partOf(partition)?.minutes.keepFrom,
    onTrouble(trouble: ConsumeTrouble) {
      if (trouble.kind === "bus-away") writer.doubt();
      tell(trouble);
    },
  }, async (batch: Batch, handling: AbortSignal) => {
    const part = partOf(batch.partition)!;
    const before = part.minutes.next;
    for (let at = 0; at < batch.messages.length;) {
      await room(writer, part, handling);
      at = part.fold(batch.messages, at, raw);
    }
    count(part.minutes.next - before);
  });
}

/** Waits until what is folded and not written leaves room for more. @throws The signal's reason. */
async function room(writer: Writer, part: Part, signal: AbortSignal): Promise<void> {
  while (isFull(writer, part)) {
    signal.throwIfAborted();
    await writer.relief(signal);
  }
}

function isFull(writer: Writer, { minutes }: Part): boolean {
  if (minutes.isFull || writer.raw.length >= RAW_MAX) return true;
  let totals = 0;
  for (const part of writer.parts.values()) if (!part.isLost) totals += part.minutes.waitingTotals;
  return totals >= TOTALS_MAX;
}

async function lagsOf(bus: Bus, parts: readonly Part[]): Promise<GroupLag[]> {
  return await Promise.all(SOURCES.map(async ({ status, topic, group }) => {
    const mine = parts.filter(({ source }) => source.status === status);
    const ends = mine.length === 0 ? [] : await bus.ends(topic);
    return {
      topic: topic.name,
      group,
      partitions: mine.map(({ partition, minutes }) => {
        const next = ends[partition]?.next ?? minutes.next;
        const lag = Math.max(0, next - minutes.next);
        return { partition, position: minutes.next, next, lag };
      }),
    };
  }));
}
