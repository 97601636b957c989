import { assertEquals } from "@std/assert";
import { canonicalAddress, scriptOfAddress } from "@gopool/chain";
import { freshLedger } from "@gopool/ledger/fixture";
import { payeesBy } from "./payees.ts";

const address = (n: number) =>
  canonicalAddress(Uint8Array.of(0x00, 0x14, ...new Uint8Array(20).fill(n)), "regtest")!;
const [POOL, FORMER, MINER] = [1, 2, 3].map(address) as [string, string, string];

Deno.test("nobody is paid at the pool's own addresses: what is sent there leaves the books and not the pool", async () => {
  await using ledger = await freshLedger();
  const own = [POOL, FORMER].map((one) => scriptOfAddress(one, "regtest"));
  const payeesOf = payeesBy("regtest", 500n, 1n, own);
  const payees = await ledger.transaction((tx) => payeesOf(tx, [POOL, FORMER, MINER], 0));
  const why = "it mines to an address of the pool's own: nothing is sent there";
  assertEquals([...payees], [
    [POOL, why],
    [FORMER, why],
    [MINER, { script: scriptOfAddress(MINER, "regtest"), threshold: 500n }],
  ]);
});
