/**
 * Coinbases that pay the window's miners themselves: from shares over the snapshot and the job to the block, and back
 * into the books, as the pool runs it, on a clock that runs faster.
 *
 * @module
 */
import { assertEquals, assertGreater } from "@std/assert";
import { miningJobs } from "@gopool/bus";
import {
  canonicalAddress,
  fromHex,
  hashFromDisplay,
  scriptOfAddress,
  subsidyAt,
  toHex,
  VARIANT_SPLIT,
} from "@gopool/chain";
import { type Ledger, openLedger, type Row } from "@gopool/ledger";
import { blockOf, creditsOf } from "@gopool/ledger/blocks";
import { startSimulatedNode } from "@gopool/node/simulated";
import { fromBinary, JobSchema } from "@gopool/proto";
import { seededRandom, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { fastClock } from "../fault/payoutd/fast_clock.ts";
import { TestMiner } from "./miner.ts";
import { type RunningPool, startPool } from "./pool.ts";

/** One hash in 16,384 is a block. */
const NETWORK_BITS = 0x1f03ffff;
/** One in 64 is a share. */
const SHARE_DIFFICULTY = String(2 ** -26);
/** Two minutes until a minute may be closed are six seconds. */
const FACTOR = 20;
const MATURITY = 5;

const address = (byte: string) => canonicalAddress(fromHex(`0014${byte.repeat(20)}`), "regtest")!;
const POOL = address("77");
const MINERS = [address("aa"), address("bb")];

/** The newest job's split, as scripts and satoshis; null while it has none. */
async function splitInJobs({ bus }: RunningPool): Promise<{ outputs: number } | null> {
  const last = await bus.last(miningJobs, 0);
  if (last === null) return null;
  const { variants } = fromBinary(JobSchema, last.value);
  const split = variants.find(({ id }) => id === VARIANT_SPLIT);
  return split === undefined ? null : { outputs: split.outputs.length };
}

/** One block found by this miner on a job that pays the split. */
async function findSplitBlock(miner: TestMiner, bestHash: () => string): Promise<string> {
  const before = bestHash();
  while (bestHash() === before) await miner.share();
  return bestHash();
}

function rows<R extends Row>(
  ledger: Ledger,
  sql: string,
  parameters: unknown[] = [],
): Promise<R[]> {
  return ledger.transaction((tx) => tx.query<R>(sql, parameters));
}

Deno.test("a block pays its window in the coinbase, and the books hold what it paid and what is still owed", async () => {
  const clock = fastClock({ factor: FACTOR, fromMs: Date.now() });
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "x",
    difficulty: { fixedBits: NETWORK_BITS },
    transactionsPerBlock: { min: 5, max: 20 },
    maturity: MATURITY,
    clock,
    random: seededRandom(5),
  });
  await using pool = await startPool({
    GOPOOL_NODE_URL: node.url,
    GOPOOL_POOL_ADDRESS: POOL,
    GOPOOL_STRATUM_VARIANT: "split",
    GOPOOL_STRATUM_VARDIFF: "off",
    GOPOOL_STRATUM_START_DIFFICULTY: SHARE_DIFFICULTY,
    GOPOOL_PAYOUTD_COINBASE_SPLIT: "on",
    GOPOOL_PAYOUTD_COINBASE_MIN: "1000",
    GOPOOL_PAYOUTD_MATURITY: String(MATURITY),
    GOPOOL_PAYOUTD_FEE_BASIS_POINTS: "200",
  }, clock);
  const miners = await Promise.all(
    MINERS.map((username) =>
      TestMiner.connect(pool.port, { username, userAgent: "cpuminer-opt/24.5" })
    ),
  );
  await using _first = miners[0]!;
  await using _second = miners[1]!;
  // Twice as much of one as of the other; some may be blocks, which pay the pool as long as there is no split.
  for (let n = 0; n < 20; n++) {
    for (const miner of [miners[0]!, miners[0]!, miners[1]!]) await miner.share();
  }
  const split = await waitFor(() => splitInJobs(pool), "a job that pays the window");
  assertEquals(split.outputs, 3, "both miners and the pool");
  await waitFor(
    () => pool.bus.last(miningJobs, 0).then((last) => jobIdOf(last!.value) === jobOf(miners[0]!)),
    "the miner to work on it",
  );
  const hash = await findSplitBlock(miners[0]!, () => node.bestHash);

  await using ledger = await openLedger(pool.ledgerUrl, { clock: systemClock });
  const bytes = hashFromDisplay(hash);
  const settled = await waitFor(async () => {
    const block = await ledger.transaction((tx) => blockOf(tx, bytes));
    return block?.booked ? block : null;
  }, "the block to be booked");
  assertEquals(settled.variant, VARIANT_SPLIT);
  assertGreater(settled.snapshotId.length, 0);

  const credits = await ledger.transaction((tx) => creditsOf(tx, bytes));
  const paid = await rows<{ script: Uint8Array; sats: bigint; is_pool: boolean }>(
    ledger,
    "SELECT script, sats, is_pool FROM block_output WHERE block_hash = $1",
    [bytes],
  );
  const scripts = MINERS.map((miner) => toHex(scriptOfAddress(miner, "regtest")));
  const toMiners = paid.filter(({ script }) => scripts.includes(toHex(script)));
  assertEquals(toMiners.length, 2);
  const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n);
  assertEquals(
    sum(credits.map((credit) => credit.paid)),
    sum(toMiners.map(({ sats }) => sats)),
    "what the coinbase paid is in the books",
  );
  for (const credit of credits) {
    assertEquals(
      credit.paid - credit.carried <= credit.sats,
      true,
      "nobody got more than was owed",
    );
  }
  // Both were in the window with the same rate: the fee is two percent of everything, rounded down.
  const [block] = await rows<{ value: bigint; fee: bigint }>(
    ledger,
    "SELECT value, fee FROM block WHERE hash = $1",
    [bytes],
  );
  assertGreater(block!.value, subsidyAt("regtest", settled.height));
  assertEquals(block!.fee, block!.value * 200n / 10_000n);
  assertEquals(sum(credits.map(({ sats }) => sats)) + block!.fee, block!.value);
  const total = await rows<{ sats: bigint }>(
    ledger,
    "SELECT coalesce(sum(sats), 0)::bigint AS sats FROM balance",
  );
  assertEquals(total[0]!.sats, 0n);
});

function jobIdOf(value: Uint8Array): string {
  return fromBinary(JobSchema, value).id;
}

function jobOf(miner: TestMiner): string {
  return miner.connection.notify!.jobId;
}
