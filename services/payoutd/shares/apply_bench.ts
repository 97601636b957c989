/**
 * Shares into the ledger as a payoutd that catches up puts them there: records of share.valid as the bus hands them over,
 * ruled on by the chain, summed up, stored in one transaction after another, positions included. Beside it what the same
 * server takes when the same shares are inserted bare, a row each (`INSERT … unnest`, no index, as many a transaction),
 * one transaction after another; and, only told, as many side by side as there are partitions.
 *
 * Budget: 50,000 shares a second, and half of the bare rate with a thousand accounts; with ten thousand most of what is
 * stored is a slice for two shares, and the ratio is only told.
 * Run: deno bench -P=tests services/payoutd/shares (with a server: GOPOOL_TEST_POSTGRES).
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Batch, type Message, shareValid } from "@gopool/bus";
import type { FreshLedger } from "@gopool/ledger/fixture";
import { createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { address, BOOKS, memoryBus, openBooks, START_MS, validShare } from "./fixture.ts";
import { BATCH_MAX } from "./limits.ts";
import { PartitionKeeper } from "./partition.ts";
import { ShareReader } from "./share.ts";
import { standingOf } from "./standing.ts";
import { ShareStore } from "./store.ts";

const BUDGET_PER_SECOND = 50_000;
const BUDGET_OF_BARE = 0.5;
const BATCH = BATCH_MAX;
const PARTITIONS = 8;
const SHARES = PARTITIONS * BATCH * 40;
const ROUNDS = 3;

/** Two pools: the shares of a minute come from this many accounts, each sending ten of them. */
const POOLS = [1_000, 10_000];
/** Up to this many the ratio is held to its budget. */
const BUDGET_ACCOUNTS = 1_000;
const PER_MINUTE = 10;
const WORK = 1n << 45n;

/** Batches of each partition. Accounts come in no order: a batch meets most of them. */
type Stream = readonly (readonly Batch[])[];

function stream(accounts: number): Stream {
  const names = Array.from({ length: accounts }, (_, n) => address(n));
  let state = 1;
  let logged = 0;
  const message = (partition: number, offset: number): Message => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const loggedAtMs = START_MS + Math.floor(logged++ * 60_000 / (accounts * PER_MINUTE));
    const value = validShare(offset, offset - 1, {
      account: names[(state >>> 8) % accounts]!,
      work: WORK + BigInt(offset % 1_000),
      loggedAtMs,
      worker: "",
      sourcePartition: partition,
    });
    return { partition, offset, loggedAtMs, key: new Uint8Array(), value };
  };
  const batches = Array.from({ length: PARTITIONS }, (): Batch[] => []);
  for (let from = 0; from < SHARES / PARTITIONS; from += BATCH) {
    // A batch of each partition in turn, as time goes on.
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const messages = Array.from({ length: BATCH }, (_, i) => message(partition, from + i));
      batches[partition]!.push({ partition, messages });
    }
  }
  return batches;
}

async function applied(ledger: FreshLedger, batches: Stream): Promise<number> {
  await emptied(ledger);
  await using bus = await memoryBus(systemClock, PARTITIONS);
  // For the books to begin by; the batches are handed over here.
  await bus.publish(
    shareValid,
    batches.map(([first], partition) => ({ partition, value: first!.messages[0]!.value })),
  );
  const store = new ShareStore(ledger, systemClock, BOOKS, "bus");
  const parts = { bus, ledger, clock: systemClock, log: silent, books: BOOKS };
  const deps = {
    reader: new ShareReader(BOOKS),
    store: store.store.bind(store),
    standingOf: (partition: number, signal: AbortSignal) => standingOf(parts, partition, signal),
    log: silent,
    board: createStatusBoard(systemClock),
    rewind: () => {},
  };
  const { signal } = new AbortController();
  const keepers = batches.map((_, partition) => new PartitionKeeper(deps, partition));
  for (const keeper of keepers) await keeper.begin(signal);
  const startMs = performance.now();
  await Promise.all(keepers.map(async (keeper) => {
    for (const batch of batches[keeper.partition]!) await keeper.handle(batch, signal);
  }));
  const perSecond = SHARES * 1_000 / (performance.now() - startMs);
  // Right before fast: nothing is missing, nothing twice.
  const [sums] = await ledger.ask<{ shares: bigint; work: bigint }>(
    "SELECT sum(shares)::bigint AS shares, sum(work) AS work FROM slice_minute",
  );
  let work = 0n;
  for (let n = 0; n < SHARES / PARTITIONS; n++) work += WORK + BigInt(n % 1_000);
  assertEquals(sums, { shares: BigInt(SHARES), work: work * BigInt(PARTITIONS) });
  return perSecond;
}

async function emptied(ledger: FreshLedger): Promise<void> {
  await ledger.ask(
    "TRUNCATE slice_minute, share_position, late_share, dead_letter, worker",
  );
  await ledger.ask("DELETE FROM log");
}

/** The same shares, a row each: minute, account, nBits and work, in transactions of as many as a partition's part of one has. */
async function bare(
  ledger: FreshLedger,
  batches: Stream,
  sideBySide: boolean,
): Promise<number> {
  await ledger.ask("DROP TABLE IF EXISTS bare");
  await ledger.ask("CREATE TABLE bare (minute int, account text, nbits int, work numeric)");
  await ledger.ask("GRANT ALL ON bare TO PUBLIC");
  const reader = new ShareReader(BOOKS);
  const columns = batches.map((own) => {
    const all = own.flatMap(({ messages }) => messages);
    return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) => {
      const shares = all.slice(i * BATCH, (i + 1) * BATCH).map((message) => {
        const read = reader.read(message, message.partition);
        if (read.kind !== "share") throw new Error(read.kind);
        return read.share;
      });
      return [
        shares.map(({ loggedAtMs }) => Math.floor(loggedAtMs / 60_000)),
        shares.map(({ account }) => account),
        shares.map(({ nbits }) => nbits),
        shares.map(({ work }) => work),
      ];
    });
  });
  const startMs = performance.now();
  const writers = sideBySide ? columns : [columns.flat()];
  await Promise.all(writers.map(async (own) => {
    for (const batch of own) {
      await ledger.transaction((tx) =>
        tx.prepared(
          "bare",
          "INSERT INTO bare SELECT * FROM unnest($1::int[], $2::text[], $3::int[], $4::numeric[])",
          batch,
        )
      );
    }
  }));
  return SHARES * 1_000 / (performance.now() - startMs);
}

const thousands = (n: number) => Math.round(n).toLocaleString("en");

/** The figures of one pool: the best round of each counts, the machine is shared. */
async function measured(accounts: number): Promise<void> {
  await using ledger = await openBooks();
  const shares = stream(accounts);
  const [{ fsync }] = await ledger.ask<{ fsync: string }>("SHOW fsync") as [{ fsync: string }];
  let best = 0;
  let bestBare = 0;
  let sideBySide = 0;
  for (let round = 0; round < ROUNDS; round++) {
    bestBare = Math.max(bestBare, await bare(ledger, shares, false));
    sideBySide = Math.max(sideBySide, await bare(ledger, shares, true));
    best = Math.max(best, await applied(ledger, shares));
  }
  await ledger.ask("VACUUM slice_minute");
  const [{ bytes, rows }] = await ledger.ask<{ bytes: bigint; rows: bigint }>(
    "SELECT pg_total_relation_size('slice_minute') AS bytes, (SELECT count(*) FROM slice_minute) AS rows",
  ) as [{ bytes: bigint; rows: bigint }];
  const perMillion = Number(bytes) * 1e6 / SHARES;
  const told = [
    `${accounts} accounts, fsync ${fsync}: ${thousands(best)} shares a second`,
    `bare ${thousands(bestBare)}, ratio ${(best / bestBare).toFixed(2)}`,
    `bare side by side ${thousands(sideBySide)}, ratio ${(best / sideBySide).toFixed(2)}`,
    `${rows} slices, ${thousands(perMillion / 1024)} KiB a million shares`,
  ];
  console.log(told.join("; "));
  assert(best >= BUDGET_PER_SECOND, "too few shares a second");
  if (accounts > BUDGET_ACCOUNTS) return;
  assert(best >= BUDGET_OF_BARE * bestBare, "too slow beside the bare rate");
}

for (const accounts of POOLS) await measured(accounts);
