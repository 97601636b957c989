import { assertEquals } from "@std/assert";
import { toHex } from "@gopool/chain";
import { createHash } from "node:crypto";
import { OWN_SCRIPTS } from "./spender.ts";

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
