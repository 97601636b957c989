import { assertEquals, assertGreater } from "@std/assert";
import { type Bus, openBus, rewardSplit } from "@gopool/bus";
import { canonicalAddress, scriptOfAddress, subsidyAt, VARIANT_SPLIT } from "@gopool/chain";
import { accountsOf, type Ledger, MATURE, ownAccounts, post, type Tx } from "@gopool/ledger";
import { freshLedger } from "@gopool/ledger/fixture";
import { openFees, openSchedule } from "@gopool/ledger/schemes";
import { addSlices, closeThrough, minuteOf } from "@gopool/ledger/shares";
import { carriedSince, snapshotOf } from "@gopool/ledger/snapshots";
import { fromBinary, type RewardSplit, RewardSplitSchema } from "@gopool/proto";
import { createStatusBoard, seededRandom } from "@gopool/runtime";
import { captureLog, FakeClock, waitFor } from "@gopool/testing";
import { SNAPSHOT_AGAIN_MS, SNAPSHOT_LOOK_MS } from "../limits.ts";
import { createSnapshots } from "./keeper.ts";

const NBITS = 0x207fffff;
const ADDRESSES = [1, 2, 3].map((n) =>
  canonicalAddress(Uint8Array.of(0x00, 0x14, ...new Uint8Array(20).fill(n)), "regtest")!
);
const HEIGHT = 10;
const VALUE = subsidyAt("regtest", HEIGHT);

interface Stand extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly clock: FakeClock;
  /** Lets the keeper look once more and gives what is published by then. */
  look(): Promise<RewardSplit[]>;
}

function records(bus: Bus) {
  return Array.fromAsync(bus.read(rewardSplit, 0, 0)).then((batches) =>
    batches.flatMap(({ messages }) =>
      messages.map(({ value }) => fromBinary(RewardSplitSchema, value))
    )
  );
}

/** Three accounts with work 5, 3 and 2 in the minute before now, which is closed. */
async function stand(
  { scheme = "pplns", height = HEIGHT }: { scheme?: "pplns" | "solo"; height?: number } = {},
): Promise<Stand> {
  const open = new AsyncDisposableStack();
  const ledger = open.use(await freshLedger());
  const clock = new FakeClock();
  const bus = open.use(await openBus("memory:", { clock }));
  const minute = minuteOf(clock.now()) - 3;
  await ledger.transaction(async (tx) => {
    await openSchedule(tx, { scheme, params: { windowThousandths: 4_000 } }, clock.now());
    await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, clock.now());
    const accounts = await accountsOf(tx, ADDRESSES);
    const same = <T>(value: T) => accounts.map(() => value);
    await addSlices(tx, {
      accounts,
      minutes: same(minute),
      schemes: same(scheme),
      nbits: same(NBITS),
      subsidies: same(0n),
      shares: same(1),
      works: [5n, 3n, 2n],
    });
    await closeThrough(tx, minute);
  });
  const stop = new AbortController();
  const keeper = createSnapshots({
    ledger,
    bus,
    clock,
    random: seededRandom(1),
    log: captureLog().log,
    board: createStatusBoard(clock),
    pool: "gopool",
    network: "regtest",
    bounds: { minSats: 1_000n, maxOutputs: 2 },
    tipHeight: () => Promise.resolve(height),
    payeesOf: (_tx, addresses) =>
      Promise.resolve(
        new Map(addresses.map((address) => [address, {
          script: scriptOfAddress(address, "regtest"),
          threshold: 500_000n,
        }])),
      ),
  });
  // It begins with the first look: what a test writes before is there by then.
  let running: Promise<void> | undefined;
  open.defer(async () => {
    stop.abort();
    await running;
  });
  return {
    ledger,
    bus,
    clock,
    async look() {
      running ??= keeper.run(stop.signal);
      await waitFor(() => clock.sleepers > 0, "the keeper to rest");
      await clock.advance(SNAPSHOT_LOOK_MS);
      await waitFor(() => clock.sleepers > 0, "the keeper to rest");
      return await records(bus);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function owe(tx: Tx, address: string, sats: bigint, nowMs: number): Promise<void> {
  const [account] = await accountsOf(tx, [address]);
  const { operator } = await ownAccounts(tx);
  const [{ id }] = await tx.query<{ id: bigint }>(
    `INSERT INTO adjustment (kind, operator, reason, at_ms) VALUES ('adjust', 'test', 'test', $1)
     RETURNING id`,
    [nowMs],
  ) as [{ id: bigint }];
  await post(tx, "adjust", { adjustmentId: id }, [
    { account: account!, bucket: MATURE, sats },
    { account: operator, bucket: MATURE, sats: -sats },
  ], nowMs);
}

Deno.test("the window's largest accounts stand in the split with their part of the subsidy, less the fee", async () => {
  await using pool = await stand();
  const [split] = await pool.look();
  const net = VALUE - VALUE / 100n;
  assertEquals(
    split!.outputs.map(({ amount, payee }) => [amount.value, payee.value]),
    [
      [net * 5n / 10n, scriptOfAddress(ADDRESSES[0]!, "regtest")],
      [net * 3n / 10n, scriptOfAddress(ADDRESSES[1]!, "regtest")],
    ],
  );
  const kept = await pool.ledger.transaction((tx) => snapshotOf(tx, split!.snapshotId));
  assertEquals(kept!.outputs.map(({ sats, carried }) => [sats, carried]), [
    [net * 5n / 10n, 0n],
    [net * 3n / 10n, 0n],
  ]);
  assertEquals(kept!.snapshot.minute, minuteOf(pool.clock.now()) - 2);
});

Deno.test("a split that nothing has changed is published again before it expires, not at every look", async () => {
  await using pool = await stand();
  assertEquals((await pool.look()).length, 1);
  assertEquals((await pool.look()).length, 1);
  let splits = await pool.look();
  for (let looks = 0; looks * SNAPSHOT_LOOK_MS < SNAPSHOT_AGAIN_MS; looks++) {
    splits = await pool.look();
  }
  assertEquals(splits.length, 2);
  assertGreater(splits[0]!.expiresAtMs, splits[1]!.atMs);
});

Deno.test("a small balance rides along once: while a block that carried it is not booked, it is not carried again", async () => {
  await using pool = await stand();
  const { ledger, clock } = pool;
  await ledger.transaction((tx) => owe(tx, ADDRESSES[1]!, 7_000n, clock.now()), { money: true });
  const carried = async () => {
    const { snapshotId } = (await pool.look()).at(-1)!;
    const kept = await ledger.transaction((tx) => snapshotOf(tx, snapshotId));
    return { snapshotId, carried: kept!.outputs.map(({ carried }) => carried) };
  };
  const first = await carried();
  assertEquals(first.carried, [0n, 7_000n]);
  const [account] = await ledger.transaction((tx) => accountsOf(tx, [ADDRESSES[1]!]));
  const held = await ledger.transaction((tx) => carriedSince(tx, clock.now()));
  assertEquals([...held], [account!]);

  await ledger.transaction((tx) =>
    tx.query(
      `INSERT INTO block (hash, height, found_at_ms, nbits, origin, job_id, variant, snapshot_id, finder, worker,
         gateway) VALUES ($1, 11, $2, $3, 'found', 'job', $4, $5, '', '', '')`,
      [new Uint8Array(32).fill(9), clock.now(), NBITS, VARIANT_SPLIT, first.snapshotId],
    ), { money: true });
  assertEquals((await carried()).carried, [0n, 0n]);
});

Deno.test("without a window of PPLNS there is no split, and jobs pay the pool", async () => {
  await using pool = await stand({ scheme: "solo" });
  assertEquals(await pool.look(), []);
});

Deno.test("where blocks create nothing any more there is no split: fees alone are the pool's to hand out", async () => {
  await using pool = await stand({ height: 33 * 150 });
  const { ledger, clock } = pool;
  await ledger.transaction((tx) => owe(tx, ADDRESSES[1]!, 7_000n, clock.now()), { money: true });
  assertEquals(await pool.look(), []);
});
