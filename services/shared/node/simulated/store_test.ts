import { assertEquals, assertThrows } from "@std/assert";
import type { Hash } from "@gopool/chain";
import { CoinView, decodeCoins, encodeCoins } from "./coins.ts";
import { ChainStore, type StoredBlock } from "./store.ts";

const hash = new Uint8Array(32).fill(8) as Hash;
const block: StoredBlock = {
  hash,
  height: 1,
  header: new Uint8Array(80),
  raw: Uint8Array.of(1, 2, 3),
  transactions: 1,
  sequence: 1,
  arrivedAtMs: 1_767_225_600_000,
  spanMs: null,
  failed: false,
};
const coin = { height: 1, coinbase: true, value: 2n ** 51n, script: Uint8Array.of(0x51) };
const outpoint = new Uint8Array(36).fill(4);

Deno.test("a write that fails half way leaves nothing of itself", () => {
  using store = new ChainStore(":memory:");
  const coins = new CoinView(store);
  coins.add(outpoint, coin);
  coins.add(new Uint8Array(36).fill(5), { ...coin, script: null as unknown as Uint8Array });
  assertThrows(() => store.write({ blocks: [block], tip: { tip: hash, connected: [], coins } }));
  assertEquals([store.blocks(), store.tip(), store.get(outpoint)], [[], null, undefined]);
});

Deno.test("what is written is read back as it was", () => {
  using store = new ChainStore(":memory:");
  const coins = new CoinView(store);
  coins.add(outpoint, coin);
  const spent = encodeCoins([coin, { ...coin, coinbase: false, script: new Uint8Array() }]);
  store.write({ blocks: [block], tip: { tip: hash, connected: [{ hash, spent }], coins } });
  const { raw, ...rest } = block;
  assertEquals(store.blocks(), [{ ...rest, hasBody: true, size: 3 }]);
  assertEquals([store.raw(hash), store.tip(), store.get(outpoint)], [raw!, hash, coin]);
  assertEquals(encodeCoins(decodeCoins(store.spent(hash))), spent);
  assertEquals(store.coinsOf([coin.script]), [{ outpoint, coin }]);
});

Deno.test("a file of another format is refused with a sentence", async () => {
  const file = await Deno.makeTempFile();
  try {
    new ChainStore(file)[Symbol.dispose]();
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 99");
    db.close();
    assertThrows(() => new ChainStore(file), Error, "has format 99");
  } finally {
    await Deno.remove(file);
  }
});
