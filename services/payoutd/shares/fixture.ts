/**
 * Records of share.valid, and share keeping at work on them, for tests. Imported by tests only.
 *
 * @module
 */
import { type Bus, openBus, type OutRecord, shareValid } from "@gopool/bus";
import { canonicalAddress } from "@gopool/chain";
import { type FreshLedger, freshLedger, TEST_BOOK } from "@gopool/ledger/fixture";
import type { Ledger } from "@gopool/ledger";
import { openSchedule, type SchemeName } from "@gopool/ledger/schemes";
import { Verdict } from "@gopool/proto";
import {
  type Clock,
  createStatusBoard,
  type Logger,
  type PartStatus,
  silent,
  type StatusBoard,
  systemClock,
} from "@gopool/runtime";
import { appendJudgement, type Judged, SubmissionWriter } from "@gopool/shares";

import { createShareKeeper } from "./keeper.ts";
import type { Books } from "./share.ts";

export const BOOKS: Books = TEST_BOOK;
/** nBits of difficulty 1, and of difficulty 16. */
export const NBITS = 0x1d00_ffff;
export const HARDER = 0x1c0f_fff0;
/** 2026-01-01T00:00:00Z, where a FakeClock begins, and the minute of it. */
export const START_MS = 1_767_225_600_000;
export const START_MINUTE = START_MS / 60_000;

/** The nth address there is: P2WPKH of twenty bytes. */
export function address(n: number): string {
  const script = new Uint8Array(22);
  script.set([0x00, 0x14]);
  new DataView(script.buffer).setUint32(2, n);
  return canonicalAddress(script, "regtest")!;
}

/** 32 bytes that differ for different numbers. */
export function hashOf(n: number): Uint8Array {
  const hash = new Uint8Array(32).fill(7);
  new DataView(hash.buffer).setUint32(0, n);
  return hash;
}

const writer = new SubmissionWriter();

/** The bytes of a valid share; what matters to the books can be said. */
export function validShare(
  offset: number,
  previous: number,
  change: Partial<Omit<Judged, "work">> & { work?: bigint } = {},
): Uint8Array {
  const hex = (change.work ?? 1n << 32n).toString(16);
  const submission = writer.write({
    pool: BOOKS.pool,
    gateway: "gw",
    session: "00000001",
    jobId: "0000000100000000",
    variant: 0,
    account: address(1),
    worker: "rig",
    extranonce1: new Uint8Array(4),
    extranonce2: new Uint8Array(8),
    ntime: 0,
    nonce: 0,
    version: 0,
    target: new Uint8Array(32),
    headerHash: hashOf(offset),
    verdict: Verdict.ACCEPTED,
    reason: 0,
    receivedAtMs: 0,
    jobSentAtMs: 0,
    processingUs: 0,
    userAgentClass: "",
    versionMask: 0,
    unlisted: 0,
    ...change,
  });
  return appendJudgement(submission, {
    logId: change.logId ?? "log",
    sourcePartition: change.sourcePartition ?? 0,
    sourceOffset: offset,
    previousValidOffset: previous,
    loggedAtMs: change.loggedAtMs ?? START_MS + offset,
    work: Uint8Array.from(
      (hex.length % 2 === 0 ? hex : `0${hex}`).match(/../g)!,
      (byte) => parseInt(byte, 16),
    ),
    nbits: change.nbits ?? NBITS,
    height: change.height ?? 1,
    mark: change.mark ?? false,
    judgedReason: change.judgedReason ?? 0,
  });
}

export function onPartition(value: Uint8Array, partition = 0): OutRecord {
  return { value, partition, key: new Uint8Array() };
}

export function publishValid(bus: Bus, values: Uint8Array[], partition = 0) {
  return bus.publish(shareValid, values.map((value) => onPartition(value, partition)));
}

/** Empty books with a scheme in force from the beginning of time. */
export async function openBooks(scheme: SchemeName = "pplns"): Promise<FreshLedger> {
  const ledger = await freshLedger();
  await ledger.transaction((tx) =>
    openSchedule(tx, { scheme, params: { windowThousandths: 4_000 } }, 0)
  );
  return ledger;
}

export function memoryBus(clock: Clock = systemClock, sharePartitions = 1): Promise<Bus> {
  return openBus("memory:", { clock, sharePartitions });
}

export interface KeeperStand {
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly books?: Books;
}

/** Runs share keeping while `work` goes on, then stops it. Fails if it ends by itself. */
export async function withKeeper<T>(
  bus: Bus,
  ledger: Ledger,
  work: (board: StatusBoard) => Promise<T>,
  { clock = systemClock, log = silent, books = BOOKS }: KeeperStand = {},
): Promise<T> {
  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const running = createShareKeeper({ bus, ledger, clock, log, board, books }).run(stop.signal);
  try {
    return await Promise.race([
      work(board).catch((error) => {
        throw new Error(`${error.message}; the board says ${JSON.stringify(board.all())}`);
      }),
      running.then(() => Promise.reject(new Error("share keeping ended by itself"))),
    ]);
  } finally {
    stop.abort();
    await running;
  }
}

/** What a part says on the board; undefined where it says nothing. */
export function said(board: StatusBoard, part: string): PartStatus | undefined {
  return board.all().find((status) => status.part === part);
}

export interface SliceRow extends Record<string, unknown> {
  readonly minute: number;
  readonly scheme: string;
  readonly account: string;
  readonly nbits: number;
  readonly subsidy: bigint;
  readonly shares: number;
  readonly work: bigint;
}

/** Every slice of a minute there is, in one order. */
export function slices(ledger: FreshLedger): Promise<SliceRow[]> {
  return ledger.transaction((tx) =>
    tx.query<SliceRow>(
      `SELECT minute, scheme::text, name AS account, nbits, subsidy, shares, work
       FROM slice_minute JOIN account ON id = account_id ORDER BY minute, scheme, name, nbits, subsidy`,
    )
  );
}

/** Where the reading of a partition stands; null without a log. */
export async function standsAt(
  ledger: FreshLedger,
  partition = 0,
): Promise<{ source: number; next: number } | null> {
  const [row] = await ledger.transaction((tx) =>
    tx.query<{ source: bigint; next: bigint }>(
      `SELECT source_offset AS source, next_offset AS next FROM share_position JOIN log ON number = log
       WHERE closed_at_ms IS NULL AND partition = $1`,
      [partition],
    )
  );
  return row === undefined ? null : { source: Number(row.source), next: Number(row.next) };
}

/** Work by account in all slices. */
export async function works(ledger: FreshLedger): Promise<Record<string, bigint>> {
  const sums: Record<string, bigint> = {};
  for (const { account, work } of await slices(ledger)) {
    sums[account] = (sums[account] ?? 0n) + work;
  }
  return sums;
}
