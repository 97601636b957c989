import { assertEquals } from "@std/assert";
import { toHex } from "@gopool/chain";
import { createHash } from "node:crypto";
import { COINBASE_MATURITY } from "./rules.ts";
import { OWN_SCRIPTS } from "./own_scripts.ts";
import { startTestNode } from "./node_fixture.ts";

Deno.test("the node's own outputs are locked by the hashes of the script that pushes 1", () => {
  const script = Uint8Array.of(0x51);
  const sha = createHash("sha256").update(script).digest();
  const hash160 = createHash("ripemd160").update(sha).digest("hex");
  assertEquals(OWN_SCRIPTS.map(toHex).sort(), [
    "0020" + sha.toString("hex"),
    "51",
    "a914" + hash160 + "87",
  ]);
});

Deno.test("the node's rewards ripen while it runs: the oldest first, block by block", async () => {
  await using node = await startTestNode({ premine: 0 });
  for (let i = 0; i < COINBASE_MATURITY - 1; i++) node.mineBlock();
  assertEquals(node.addTransactions(1), 0);
  for (let i = 0; i < 3; i++) {
    node.mineBlock();
    // One reward is ripe more than before; what it is split into may be spent on.
    assertEquals(node.addTransactions(1), 1);
  }
});
