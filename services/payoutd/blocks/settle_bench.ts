/**
 * Settling a PPLNS block over 10,000 accounts and 24 hours, 1.5 million slices of minutes: closing the last minutes,
 * window, weights, split, credits, transfers, balances, all of it in one transaction on PostgreSQL. Budget: 1 second.
 * Run: deno bench -P=tests services/payoutd/blocks (with a server: GOPOOL_TEST_POSTGRES).
 *
 * Hours are summed up as the pool runs, so the window is read from hours and from the minutes at its edges; the second
 * figure is without them: what a pool pays that has summed up none.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { canonicalAddress } from "@gopool/chain";
import { accountsOf } from "@gopool/ledger";
import { blockOf, confirmBlock, creditsOf, takeBlock } from "@gopool/ledger/blocks";
import { freshLedger } from "@gopool/ledger/fixture";
import { openFees, openSchedule } from "@gopool/ledger/schemes";
import { closeThrough, MINUTE_MS, minuteOf, openLog, sumUpHour } from "@gopool/ledger/shares";
import { createStatusBoard, silent } from "@gopool/runtime";
import { FakeClock } from "@gopool/testing";
import { unitWork } from "@gopool/ledger/rewards";
import { SETTLE_AFTER_MS } from "./limits.ts";
import { createSettler } from "./settler.ts";

const ACCOUNTS = 10_000;
const HOURS = 24;
const SLICES = 1_500_000;
const BUDGET_MS = 1_000;
/** Two difficulties meet inside the window. */
const NBITS = [0x1702f128, 0x1702e48b] as const;
const VALUE = 312_500_000n + 4_812_345n;

const script = (n: number) => {
  const bytes = new Uint8Array(22);
  bytes.set([0x00, 0x14]);
  new DataView(bytes.buffer).setUint32(2, n);
  return bytes;
};

/** Work of one slice, some 50 petahashes a second for a minute, and how many slices an account has. */
const WORK = 3_000_000_000_000_000_000n;
const PER_ACCOUNT = SLICES / ACCOUNTS;

Deno.bench("settling a PPLNS block over 10,000 accounts and 24 hours", {
  n: 1,
  warmup: 0,
}, async (bench) => {
  await using ledger = await freshLedger();
  // Half past an hour: neither edge of the window is an hour's.
  const clock = new FakeClock(1_767_225_600_000 + 30 * MINUTE_MS);
  await using bus = await openBus("memory:", { clock });
  const untilMinute = minuteOf(clock.now());
  const fromMinute = untilMinute - HOURS * 60;

  // X such that the window ends within the first minutes of the 24 hours.
  const units = WORK * BigInt(SLICES - ACCOUNTS) * 1_000n / unitWork(NBITS[0]);

  await ledger.transaction(async (tx) => {
    await openSchedule(
      tx,
      { scheme: "pplns", params: { windowThousandths: Math.max(1, Number(units)) } },
      0,
    );
    await openFees(tx, { feeBasisPoints: 150, donationBasisPoints: 10 }, 0);
    const busId = await bus.logId();
    await openLog(tx, { id: busId, busId, beginsAtMs: 0, positions: [], adjustmentId: null }, 0);
    const names = Array.from(
      { length: ACCOUNTS },
      (_, n) => canonicalAddress(script(n), "regtest")!,
    );
    const ids = await accountsOf(tx, names);
    // Every account has a slice in every tenth minute or so, each another amount of work.
    await tx.query(
      `INSERT INTO slice_minute (subsidy, minute, account_id, nbits, scheme, shares, work)
       SELECT 0, minute, id, CASE WHEN minute < $3 THEN $4::int ELSE $5::int END, 'pplns', 7,
         $6::numeric + (id::bigint * 7919 + minute::bigint * 104729) % 1000003
       FROM generate_series($1::int, $2::int) AS minute, unnest($7::int[]) WITH ORDINALITY AS account(id, n)
       WHERE (n * 31 + minute) % $8::int < $9::int`,
      [
        fromMinute,
        untilMinute - 1,
        fromMinute + 700,
        NBITS[0],
        NBITS[1],
        WORK,
        ids,
        HOURS * 60,
        PER_ACCOUNT,
      ],
    );
    await closeThrough(tx, untilMinute - 3);
  }, { money: true });
  await ledger.ask("ANALYZE");

  const settler = createSettler({
    bus,
    ledger,
    clock,
    log: silent,
    board: createStatusBoard(clock),
    network: "regtest",
  });

  let made = 0;

  // Takes a block found now and settles it; ms.
  async function settleOne(): Promise<number> {
    const hash = new Uint8Array(32).fill(++made);
    const foundAtMs = clock.now();
    await ledger.transaction(async (tx) => {
      await takeBlock(tx, {
        hash,
        height: 100 + made,
        foundAtMs,
        nbits: NBITS[1],
        origin: "found",
        record: null,
        jobId: "",
        variant: 0,
        snapshotId: new Uint8Array(),
        finder: "",
        worker: "",
        gateway: "",
        facts: null,
        remarks: [],
      }, foundAtMs);
      const outputs = [{ position: 0, sats: VALUE, script: script(ACCOUNTS), isPool: true }];
      await confirmBlock(tx, hash, { txid: hash, outputs }, { confirmations: 1, atMs: foundAtMs });
    }, { money: true });
    await clock.advance(SETTLE_AFTER_MS);
    const startMs = performance.now();
    const settled = await settler.settle(new AbortController().signal);
    const tookMs = performance.now() - startMs;
    if (settled !== 1) throw new Error(`Settled ${settled} blocks: one was due`);
    await assertExact(hash);
    return tookMs;
  }

  async function assertExact(hash: Uint8Array): Promise<void> {
    const [block, credits] = await ledger.transaction(async (tx) =>
      [await blockOf(tx, hash), await creditsOf(tx, hash)] as const
    );
    const sum = credits.reduce((total, { sats }) => total + sats, block!.fee! + block!.donation!);
    if (sum !== VALUE) throw new Error(`Credits, fee and donation are ${sum} sats, not ${VALUE}`);
    if (credits.length !== ACCOUNTS) throw new Error(`${credits.length} accounts have a credit`);
  }

  async function best(rounds: number): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) times.push(await settleOne());
    return Math.min(...times);
  }

  const [{ slices }] = await ledger.ask<{ slices: bigint }>(
    "SELECT count(*) AS slices FROM slice_minute",
  ) as [{ slices: bigint }];
  const byMinutesMs = await best(2);
  while (await ledger.transaction((tx) => sumUpHour(tx))) { /* hour by hour */ }
  await ledger.ask("ANALYZE");
  const byHoursMs = await best(4);
  bench.start();
  await settleOne();
  bench.end();
  console.log(
    `settling over ${ACCOUNTS} accounts, ${slices} slices of minutes, ${HOURS} h: ${
      byHoursMs.toFixed(0)
    } ms of ${BUDGET_MS}; with no hour summed up ${byMinutesMs.toFixed(0)} ms`,
  );
  if (slices < BigInt(SLICES) * 99n / 100n) throw new Error(`There are only ${slices} slices`);
});
