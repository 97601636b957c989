import { assertEquals } from "@std/assert";
import { subsidyAt, type Transaction } from "@gopool/chain";
import { freshLedger } from "@gopool/ledger/fixture";
import { chainFees } from "@gopool/ledger/schemes";
import { createFeeListener } from "./fee_listener.ts";

Deno.test("what a block brings above its subsidy is noted as fees, and forgotten when it leaves the chain", async () => {
  await using ledger = await freshLedger();
  const listener = createFeeListener("regtest");
  const block = (height: number, salt: number, fees: bigint) => ({
    height,
    hash: new Uint8Array(32).fill(salt),
    atMs: 0,
    transactions: [{
      outputs: [
        { sats: subsidyAt("regtest", height) - 1_000n, script: new Uint8Array() },
        { sats: 1_000n + fees, script: new Uint8Array() },
      ],
    } as unknown as Transaction],
  });
  const known = () => ledger.transaction((tx) => chainFees(tx, 10));
  await ledger.transaction(async (tx) => {
    await listener.onBlock(tx, block(149, 1, 70n));
    // The subsidy is halved at 150 on this network, and a miner may take less than all.
    await listener.onBlock(tx, block(150, 2, 80n));
    await listener.onBlock(tx, block(151, 3, -5n));
    await listener.onBlock(tx, block(151, 3, -5n));
  });
  assertEquals(await known(), [
    { height: 151, fees: 0n },
    { height: 150, fees: 80n },
    { height: 149, fees: 70n },
  ]);
  await ledger.transaction(async (tx) => {
    await listener.onBlockGone(tx, block(151, 3, 0n));
    await listener.onBlockGone(tx, block(151, 3, 0n));
    await listener.onBlock(tx, block(151, 4, 9n));
    // One that left before is not the one that is there now.
    await listener.onBlockGone(tx, block(151, 3, 0n));
  });
  assertEquals((await known())[0], { height: 151, fees: 9n });
});
