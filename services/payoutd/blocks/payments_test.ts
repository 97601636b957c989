import { assertEquals } from "@std/assert";
import { canonicalAddress } from "@gopool/chain";
import { accountsOf } from "@gopool/ledger";
import { freshLedger } from "@gopool/ledger/fixture";
import { paymentsOf } from "./payments.ts";

const script = (n: number) => Uint8Array.of(0x00, 0x14, ...new Uint8Array(20).fill(n));
const address = (n: number) => canonicalAddress(script(n), "regtest")!;

Deno.test("a script that a coinbase pays twice counts once for its snapshot's account, and once for its own", async () => {
  await using ledger = await freshLedger();
  const outputs = [1, 1].map((n, position) => ({
    position,
    sats: 500n,
    script: script(n),
    isPool: false,
  }));
  await ledger.transaction(async (tx) => {
    const [planned] = await accountsOf(tx, [address(9)]);
    const coinbase = { txid: new Uint8Array(32), outputs };
    const expected = [{ account: planned!, script: script(1), sats: 500n, carried: 7n }];
    const { byAccount } = await paymentsOf(tx, coinbase, expected, new Set(), "regtest");
    const [own] = await accountsOf(tx, [address(1)]);
    assertEquals([...byAccount], [
      [planned, { paid: 500n, carried: 7n }],
      [own, { paid: 500n, carried: 0n }],
    ]);
  });
});
