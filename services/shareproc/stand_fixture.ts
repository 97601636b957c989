/**
 * A judge at work on a bus, for tests. Imported by tests only.
 *
 * @module
 */
import { type Bus, encodeRecord, shareSubmissions, shareValid } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { type BlockSolved, create, ShareSubmissionSchema } from "@gopool/proto";
import {
  type Clock,
  createStatusBoard,
  type Logger,
  type Metrics,
  type Road,
  silent,
  type StatusBoard,
  systemClock,
} from "@gopool/runtime";
import { decodeJudged, ruleOn, startOf } from "@gopool/shares";
import { POOL } from "./fixture.ts";
import { createShareproc, GROUP, type Shareproc } from "./service.ts";

export interface Stand {
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly logEpoch?: string;
  readonly road?: Road<BlockSolved>;
  readonly metrics?: Metrics;
}

/** Runs a judge on `bus` while `work` goes on, then stops it. Fails if it ends by itself. */
export async function withJudge(
  bus: Bus,
  work: (judge: Shareproc, board: StatusBoard) => Promise<unknown>,
  { clock = systemClock, log = silent, logEpoch, ...optional }: Stand = {},
): Promise<void> {
  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const deps = { bus, clock, log, board, pool: POOL, logEpoch };
  const judge = createShareproc({ ...deps, ...optional });
  const running = judge.run(stop.signal);
  try {
    await Promise.race([
      work(judge, board),
      running.then(() => Promise.reject(new Error("ended"))),
    ]);
  } finally {
    stop.abort();
    await running;
  }
}

/** Whether every submission is judged and committed. */
export async function judgedAll(bus: Bus): Promise<boolean> {
  const ends = await bus.ends(shareSubmissions);
  const committed = await bus.committed(shareSubmissions, GROUP);
  return ends.every(({ next, earliest }, p) => (committed[p] ?? earliest) === next);
}

/** Appends an operator's word, as `deno task topics` does. */
export function note(
  bus: Bus,
  operator: { rejectOffset?: bigint; republishFrom?: bigint },
  partition = 0,
): Promise<unknown> {
  const record = create(ShareSubmissionSchema, { operator: { ...operator, reason: "Ada" } });
  return bus.publish(shareSubmissions, [encodeRecord(shareSubmissions, record, { partition })]);
}

export interface Reading {
  /** Hashes in the order counted. */
  readonly hashes: string[];
  readonly loggedAtMs: number[];
  /** The reader would stand before a gap, or a fault, at the end of the topic. */
  readonly stopped: string | undefined;
}

/** What a reader that follows the chain rule from the beginning counts on one partition. */
export async function readByRule(bus: Bus, partition: number, logId?: string): Promise<Reading> {
  let at = startOf(logId ?? await bus.logId());
  let stopped: string | undefined;
  const hashes: string[] = [];
  const loggedAtMs: number[] = [];
  for await (const { messages } of bus.read(shareValid, partition, 0)) {
    for (const { value } of messages) {
      const share = decodeJudged(value);
      const ruling = ruleOn(at, share);
      if (ruling.kind === "fault") return { hashes, loggedAtMs, stopped: ruling.problem };
      // A gap may close: it reads on for a record that links.
      if (ruling.kind === "gap") stopped = `gap from ${ruling.from} to ${ruling.to}`;
      if (ruling.kind !== "apply") continue;
      stopped = undefined;
      at = ruling.position;
      hashes.push(toHex(share.headerHash));
      loggedAtMs.push(share.loggedAtMs);
    }
  }
  return { hashes, loggedAtMs, stopped };
}
