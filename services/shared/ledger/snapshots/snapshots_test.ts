import { assertEquals } from "@std/assert";
import { accountsOf } from "../books.ts";
import { MONEY, newBlock, T } from "../blocks/block_fixture.ts";
import { confirmBlock, matureBlock, orphanBlock, restBlock, wakeBlock } from "../blocks/states.ts";
import { takeBlock } from "../blocks/take.ts";
import { freshLedger } from "../fixture.ts";
import { carriedUnsettled, keepSnapshot } from "./snapshots.ts";

const ID = new Uint8Array(16).fill(1);

Deno.test("a balance that a block may have paid is kept apart until that is booked or known to be false", async () => {
  await using ledger = await freshLedger();
  const block = newBlock(1, { snapshotId: ID });
  const account = await ledger.transaction(async (tx) => {
    const [account] = await accountsOf(tx, ["miner"]);
    const snapshot = { id: ID, minute: 1, value: 1_000n, atMs: T, expiresAtMs: T };
    const output = { account: account!, script: Uint8Array.of(1), sats: 600n, carried: 100n };
    await keepSnapshot(tx, snapshot, [output]);
    await takeBlock(tx, block, T);
    return account!;
  }, MONEY);
  const kept = () => ledger.transaction(async (tx) => [...await carriedUnsettled(tx)]);
  assertEquals(await kept(), [[account, 100n]]);
  // No node ever knew it.
  await ledger.transaction((tx) => restBlock(tx, block.hash, T), MONEY);
  assertEquals(await kept(), []);
  await ledger.transaction((tx) => wakeBlock(tx, block.hash, T), MONEY);
  assertEquals(await kept(), [[account, 100n]]);
  // It may mature before its shares are counted, and has paid all the same.
  const seen = { confirmations: 100, atMs: T };
  const coinbase = { txid: block.hash, outputs: [] };
  await ledger.transaction((tx) => confirmBlock(tx, block.hash, coinbase, seen), MONEY);
  await ledger.transaction((tx) => matureBlock(tx, block.hash, seen), MONEY);
  assertEquals(await kept(), [[account, 100n]]);
  await ledger.transaction((tx) => orphanBlock(tx, block.hash, seen), MONEY);
  assertEquals(await kept(), []);
});
