/** What the public asks of the books. That money adds up in whatever happens is payoutd's model_test. */
import { assert, assertEquals } from "@std/assert";
import { BlockLife, hashOf, newBlock, T } from "../blocks/block_fixture.ts";
import { takeBlock } from "../blocks/take.ts";
import { accountsOf, MATURE, ownAccounts, post } from "../books.ts";
import { type FreshLedger, freshLedger } from "../fixture.ts";
import { openFees, ratesAt, setFees } from "../schemes/mod.ts";
import { noteTerms, termsOf } from "../terms.ts";
import {
  accountNamed,
  blockPage,
  blocksFound,
  DAY_MS,
  earningsByDay,
  firstEntryMs,
  lateSharesIn,
  newestBlock,
  paidTo,
  paymentPage,
  paymentsTo,
  splitBlockOf,
} from "./mod.ts";

const SNAPSHOT = { snapshot: true } as const;
const MONEY = { money: true } as const;

async function idOf(ledger: FreshLedger, address: string): Promise<number> {
  return (await ledger.transaction((tx) => accountNamed(tx, address), SNAPSHOT))!.id;
}

Deno.test("earnings count on the UTC day they were booked on, what is taken back on the day of that", async () => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 500n, [
    { address: "a", sats: 600n, paid: 500n, carried: 100n },
    { address: "b", sats: 390n },
  ], 10n);
  const day = Math.floor(T / DAY_MS);
  await block.take();
  await block.confirm();
  await block.settle();
  const pps = (minute: number, sats: bigint, atMs: number) =>
    ledger.transaction(async (tx) => {
      const [account] = await accountsOf(tx, ["a"]);
      const { reserve } = await ownAccounts(tx);
      await post(tx, "pps", { minute }, [
        { account: account!, bucket: MATURE, sats },
        { account: reserve, bucket: MATURE, sats: -sats },
      ], atMs);
    }, MONEY);
  // The last millisecond of a day and the first of the next.
  await pps(1, 3n, (day + 3) * DAY_MS - 1);
  await pps(2, 4n, (day + 3) * DAY_MS);
  await pps(3, 5n, (day + 3) * DAY_MS + 1);
  // By a clock that is behind.
  await pps(4, 6n, (day + 2) * DAY_MS + 1);
  const a = await idOf(ledger, "a");
  const earned = (from: number) => ledger.transaction((tx) => earningsByDay(tx, a, from), SNAPSHOT);
  assertEquals(await earned(0), [
    { day: day + 3, sats: 9n, credits: 2 },
    { day: day + 2, sats: 9n, credits: 2 },
    // What the coinbase paid it was earned, too.
    { day, sats: 600n, credits: 1 },
  ]);
  assertEquals((await earned(day + 3)).length, 1);
  assertEquals(await earned(day + 4), []);
  assertEquals(await ledger.transaction((tx) => firstEntryMs(tx, a), SNAPSHOT), T);
  assertEquals(await ledger.transaction((tx) => paidTo(tx, a), SNAPSHOT), {
    paid: 500n,
    onTheWay: 0n,
  });
  await block.orphan();
  // Booked and taken back in the same millisecond of the fixture's time: the day comes to nothing.
  assertEquals((await earned(0)).at(-1), { day, sats: 0n, credits: 1 });
  assertEquals((await ledger.transaction((tx) => paidTo(tx, a), SNAPSHOT)).paid, 0n);
});

Deno.test("pages of blocks leave none out and have none twice, several at one height too", async () => {
  await using ledger = await freshLedger();
  const places = [[1, 100, 5], [2, 101, 5], [3, 101, 4], [4, 101, 4], [5, 99, 9]] as const;
  await ledger.transaction(async (tx) => {
    for (const [n, height, at] of places) {
      await takeBlock(tx, newBlock(n, { height, foundAtMs: T + at }), T);
    }
  }, MONEY);
  const all = await ledger.transaction(async (tx) => {
    const seen = [];
    for (let after = null;;) {
      const [block] = await blockPage(tx, { after, limit: 1 });
      if (block === undefined) return seen;
      seen.push(block);
      after = block as never;
    }
  }, SNAPSHOT);
  assertEquals(all.map(({ hash }) => hash[0]), [2, 3, 4, 1, 5]);
  const found = await ledger.transaction(
    (tx) => blocksFound(tx, { fromMs: T + 4, untilMs: T + 9, limit: 3 }),
    SNAPSHOT,
  );
  assertEquals(found.map(({ hash }) => hash[0]), [1, 2, 3]);
  assertEquals((await ledger.transaction(newestBlock, SNAPSHOT))?.hash, hashOf(5));
});

Deno.test("a block's confirmations are those last seen, and go on with the chain when it is watched no more", async () => {
  await using ledger = await freshLedger();
  const block = new BlockLife(ledger, 1, 990n, [{ address: "a", sats: 980n }], 10n);
  const confirmations = async () =>
    (await ledger.transaction((tx) => splitBlockOf(tx, block.hash), SNAPSHOT))!.confirmations;
  await block.take();
  assertEquals(await confirmations(), 0);
  await block.confirm();
  assertEquals(await confirmations(), 1);
  await block.settle();
  await block.mature();
  assertEquals(await confirmations(), 100);
  await ledger.ask("INSERT INTO chain_block VALUES (260, $1, 0, 0)", [hashOf(0x77)]);
  assertEquals(await confirmations(), 100);
  await ledger.ask("UPDATE block SET watched = false");
  assertEquals(await confirmations(), 161);
  const seen = (await ledger.transaction((tx) => splitBlockOf(tx, block.hash), SNAPSHOT))!;
  assertEquals([seen.value, seen.fee, seen.credits, seen.scheme], [990n, 10n, 1, "pplns"]);
  assertEquals(await ledger.transaction((tx) => splitBlockOf(tx, hashOf(9)), SNAPSHOT), null);
});

Deno.test("payments are told with the transaction that counts, to all and to one", async () => {
  await using ledger = await freshLedger();
  const [a] = await ledger.transaction((tx) => accountsOf(tx, ["a", "b"]));
  await ledger.ask(`
    INSERT INTO payout (state, fee_payer, gross_sats, fee_share_sats, change_script, planned_at_ms)
      SELECT 'planned', 'shared', 300, 20, '\\x00', n FROM generate_series(1, 3) AS n;
    INSERT INTO payout_line SELECT payout.id, a.id, '\\x01', 150, 10 FROM payout, account a WHERE kind = 'miner';
    INSERT INTO payout_tx (payout_id, attempt, reason, fee_rate, fee_sats, change_sats, weight, handed_at_ms, txid, raw, signed_at_ms, at_ms)
      VALUES (1, 0, 'planned', 1, 20, 0, 400, 1, sha256('a'), '\\x00', 1, 1),
        (1, 1, 'fee', 2, 40, 0, 400, NULL, NULL, NULL, NULL, 1),
        (2, 0, 'planned', 1, 20, 0, 400, 1, sha256('b'), '\\x00', 1, 1),
        (2, 1, 'fee', 2, 50, 0, 400, 1, sha256('c'), '\\x00', 1, 1),
        (3, 0, 'planned', 1, 20, 0, 400, NULL, NULL, NULL, NULL, 1);
    UPDATE payout SET state = 'signed' WHERE id < 3;
    UPDATE payout SET state = 'confirmed', confirmed_attempt = 0, confirmed_at_ms = 9 WHERE id = 2`);
  const hash = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const page = await ledger.transaction(
    (tx) => paymentPage(tx, { beforeId: null, limit: 10 }),
    SNAPSHOT,
  );
  const shared = { grossSats: 300n, accounts: 2, feeSats: 20n };
  assertEquals(page, [
    { id: 3n, state: "planned", plannedAtMs: 3, ...shared, txid: null },
    // The replacement stands in no block: the first did.
    { id: 2n, state: "confirmed", plannedAtMs: 2, ...shared, txid: await hash("b") },
    // The replacement is not signed yet.
    { id: 1n, state: "signed", plannedAtMs: 1, ...shared, txid: await hash("a") },
  ]);
  const own = await ledger.transaction(
    (tx) => paymentsTo(tx, a!, { beforeId: 3n, limit: 1 }),
    SNAPSHOT,
  );
  assertEquals(own, [{
    id: 2n,
    state: "confirmed",
    plannedAtMs: 2,
    grossSats: 150n,
    feeSats: 10n,
    txid: await hash("b"),
  }]);
  assertEquals(await ledger.transaction((tx) => paidTo(tx, a!), SNAPSHOT), {
    paid: 450n,
    onTheWay: 300n,
  });
});

Deno.test("late shares that a window is not the same without are named", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(`
    INSERT INTO log (id, bus_id, begins_at_ms, opened_at_ms) VALUES ('log', 'bus', 0, 0);
    INSERT INTO late_share (log, partition, source_offset, logged_minute, minute)
      SELECT number, p, o, l, m FROM log, (VALUES (0, 1, 8, 9), (0, 2, 9, 11), (1, 3, 12, 20), (0, 4, 20, 21))
        AS v (p, o, l, m)`);
  const named = await ledger.transaction(
    (tx) => lateSharesIn(tx, { fromMinute: 10, untilMinute: 20, limit: 10 }),
    SNAPSHOT,
  );
  assertEquals(named.map(({ logId, sourceOffset, minute }) => [logId, sourceOffset, minute]), [
    ["log", 2n, 11],
    // It was logged in the window and counts behind it.
    ["log", 3n, 20],
  ]);
});

Deno.test("one account's rates are those that everybody's say", async () => {
  await using ledger = await freshLedger();
  await ledger.transaction(async (tx) => {
    assertEquals(await ratesAt(tx, null, 0), null);
    await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 5 }, 0);
    const [a, b] = await accountsOf(tx, ["a", "b"]);
    const by = { operator: "olga", reason: "a test", nowMs: 60_000 };
    await setFees(tx, { account: a!, donationBasisPoints: 30, fromMs: 120_000 }, by);
    await setFees(tx, { account: null, feeBasisPoints: 150, fromMs: 180_000 }, by);
    const at = async (account: number | null, atMs: number) => {
      const rates = await ratesAt(tx, account, atMs);
      return [rates?.feeBasisPoints, rates?.donationBasisPoints];
    };
    assertEquals(await at(a!, 119_999), [100, 5]);
    assertEquals(await at(a!, 120_000), [100, 30]);
    assertEquals(await at(a!, 180_000), [150, 30]);
    assertEquals(await at(b!, 180_000), [150, 5]);
    assertEquals(await at(null, 180_000), [150, 5]);
  }, MONEY);
});

Deno.test("what payoutd last told miners stands in the books", async () => {
  await using ledger = await freshLedger();
  const terms = {
    thresholdSats: 500_000n,
    leastThresholdSats: 10_000n,
    addressDelayMs: 172_800_000,
    maturity: 100,
    feePayer: "pool",
  } as const;
  await ledger.transaction(async (tx) => {
    assertEquals(await termsOf(tx), null);
    await noteTerms(tx, terms, 1);
    await noteTerms(tx, { ...terms, thresholdSats: 1_000n, feePayer: "shared" }, 2);
  });
  const found = await ledger.transaction(termsOf, SNAPSHOT);
  assertEquals(found, { ...terms, thresholdSats: 1_000n, feePayer: "shared" });
  assert(found !== null);
});
