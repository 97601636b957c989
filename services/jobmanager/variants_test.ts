import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  coinbaseOutputs,
  type Sats,
  VARIANT_SMALL,
  VARIANT_SPLIT,
  type VariantRecipe,
} from "@gopool/chain";
import { CoinbaseOutputSchema, create } from "@gopool/proto";
import { assertSendable, jobFromTemplate } from "./build.ts";
import { payee, POOL, POOL_SCRIPT, splitOf } from "./fixture.ts";
import { TEMPLATE } from "./node_fixture.ts";
import { SMALL_COINBASE_BYTES, SPLIT_COINBASE_BYTES } from "./limits.ts";
import { coinbaseRoom, fixedCoinbaseBytes, ownVariants, splitVariants } from "./variants.ts";
import { prepareJob, variantSuffix } from "@gopool/shares";

const SETTINGS = { poolScript: POOL_SCRIPT, soloFeeBasisPoints: 0 };
const VALUE = 5_000_000_000n as Sats;
const ROOM = { value: VALUE, fixedBytes: 160, maxBytes: 1_000_000 };
const P2PKH = Uint8Array.from([0x76, 0xa9, 0x14, ...new Array(20).fill(1), 0x88, 0xac]);

const sumOf = (recipe: VariantRecipe, value: Sats = VALUE) =>
  coinbaseOutputs(recipe, value, payee(1)).reduce((sum, { sats }) => sum + sats, 0n);

/** The amounts a variant pays to scripts other than the pool's. */
function paid(variant: VariantRecipe): bigint[] {
  return variant.outputs.flatMap(({ amount }) => amount.kind === "sats" ? [amount.sats] : []);
}
const many = (count: number, script = payee(1)) =>
  splitOf(Array.from({ length: count }, (_, i) => ({ sats: BigInt(1000 + i), script })));

Deno.test("every job offers the pool's own coinbase and the finder's, with the fee that is set", () => {
  const [pool, solo] = ownVariants({ ...SETTINGS, soloFeeBasisPoints: 250 });
  assertEquals([pool!.name, solo!.name], ["pool", "solo"]);
  assertEquals(coinbaseOutputs(pool!, VALUE, null), [{ sats: VALUE, script: POOL_SCRIPT }]);
  assertEquals(coinbaseOutputs(solo!, VALUE, payee(7)), [
    { sats: 4_875_000_000n as Sats, script: payee(7) },
    { sats: 125_000_000n as Sats, script: POOL_SCRIPT },
  ]);
  assertEquals(ownVariants(SETTINGS)[1]!.outputs.length, 1);
});

Deno.test("a split is paid as it says, largest first, the pool takes the rest", () => {
  const split = splitOf([
    { sats: 1_000n, script: payee(1) },
    { sats: 9_000n, script: payee(2) },
  ]);
  const [variant] = splitVariants(SETTINGS, split, ROOM);
  assertEquals([variant!.id, variant!.name], [VARIANT_SPLIT, "split"]);
  assertEquals(coinbaseOutputs(variant!, VALUE, null), [
    { sats: 9_000n as Sats, script: payee(2) },
    { sats: 1_000n as Sats, script: payee(1) },
    { sats: VALUE - 10_000n as Sats, script: POOL_SCRIPT },
  ]);
  assertEquals(variant!.snapshotId, split.snapshotId);
});

Deno.test("a split that asks for more than the coinbase has is cut, never overdrawn", () => {
  const split = splitOf([
    { sats: 3_000n, script: payee(1) },
    { sats: 2_500n, script: payee(2) },
    { sats: 2_000n, script: payee(3) },
  ]);
  for (const value of [0n, 2_999n, 3_000n, 5_499n, 5_500n, 7_499n, 7_500n, 8_000n]) {
    for (const variant of splitVariants(SETTINGS, split, { ...ROOM, value: value as Sats })) {
      assertEquals(sumOf(variant, value as Sats), value);
    }
  }
  const [cut] = splitVariants(SETTINGS, split, { ...ROOM, value: 5_600n as Sats });
  assertEquals(paid(cut!), [3_000n, 2_500n]);
  assertEquals(splitVariants(SETTINGS, split, { ...ROOM, value: 2_999n as Sats }), []);
});

Deno.test("the small coinbase stays below what hobby miners cut, the large one within what big ones take", () => {
  for (const count of [1, 2, 3, 5, 100, 1_000]) {
    const job = jobFromTemplate(
      { pool: POOL, network: "regtest", tag: "/GoPool/", versionMask: 0 },
      TEMPLATE,
      {
        id: "0000000100000000",
        variants: ownVariants(SETTINGS),
        nowMs: 0,
        ntime: TEMPLATE.curtime,
      },
    );
    const prefixBytes = job.coinbasePrefix.length;
    const room = {
      value: VALUE,
      fixedBytes: fixedCoinbaseBytes(prefixBytes, job.witnessCommitment.length),
      maxBytes: coinbaseRoom(TEMPLATE),
    };
    const variants = splitVariants(SETTINGS, many(count), room);
    const whole = jobFromTemplate(
      { pool: POOL, network: "regtest", tag: "/GoPool/", versionMask: 0 },
      { ...TEMPLATE, coinbaseValue: VALUE },
      { id: "0000000100000000", variants, nowMs: 0, ntime: TEMPLATE.curtime },
    );
    assertSendable(whole, POOL_SCRIPT);
    const prepared = prepareJob(whole);
    for (const { id } of variants) {
      const bytes = prefixBytes + 12 + variantSuffix(prepared, id, null).length;
      assertLessOrEqual(bytes, id === VARIANT_SMALL ? SMALL_COINBASE_BYTES : SPLIT_COINBASE_BYTES);
    }
    assert(paid(variants[0]!).length === Math.min(count, 200) || count > 100);
    // A small one that is no smaller is not offered.
    const names = variants.map(({ name }) => name);
    assertEquals(names, count <= 2 ? ["split"] : ["split", "small"], `${count} outputs`);
  }
});

Deno.test("a split takes no more room than the template's transactions leave", () => {
  const [tx] = TEMPLATE.transactions;
  const full = { ...TEMPLATE, transactions: [{ ...tx!, weight: 3_998_000 }] };
  const maxBytes = coinbaseRoom(full);
  assertLessOrEqual(maxBytes, 500 - 80);
  const [variant] = splitVariants(SETTINGS, many(100), { ...ROOM, maxBytes });
  const bytes = ROOM.fixedBytes + variant!.outputs.length * 31;
  assertLessOrEqual(bytes, maxBytes);
  const overfull = coinbaseRoom({ ...TEMPLATE, transactions: [{ ...tx!, weight: 3_999_900 }] });
  assertEquals(splitVariants(SETTINGS, many(100), { ...ROOM, maxBytes: overfull }), []);
});

Deno.test("outputs with sigops stay within what nodes keep free for a coinbase", () => {
  const [keyed] = splitVariants(SETTINGS, many(300, P2PKH), ROOM);
  assertEquals(paid(keyed!).length, 100);
  const [witnesses] = splitVariants(SETTINGS, many(300), ROOM);
  assert(paid(witnesses!).length > 150);
  const multisig = Uint8Array.from([0x51, 0x21, ...new Array(33).fill(2), 0x51, 0xae]);
  const [bare] = splitVariants(SETTINGS, many(300, multisig), ROOM);
  assertEquals(paid(bare!).length, 5);
});

Deno.test("what a split should not say is left out: no amount, no payee, an empty or overlong script, a share in kind", () => {
  const split = splitOf([
    { sats: 0n, script: payee(1) },
    { sats: 1_000n, script: new Uint8Array() },
    { sats: 1_000n, script: new Uint8Array(521).fill(0x6a) },
    { sats: 2_000n, script: payee(2) },
  ]);
  split.outputs.push(
    create(CoinbaseOutputSchema),
    create(CoinbaseOutputSchema, {
      amount: { case: "feeBasisPoints", value: 100 },
      payee: { case: "sessionAccount", value: true },
    }),
  );
  const [variant] = splitVariants(SETTINGS, split, ROOM);
  assertEquals(paid(variant!), [2_000n]);
  assertEquals(sumOf(variant!), VALUE);
});

Deno.test("amounts beyond all bitcoins are asked of nobody", () => {
  const split = splitOf([{ sats: 2n ** 64n - 1n, script: payee(1) }]);
  assertEquals(splitVariants(SETTINGS, split, ROOM), []);
});
