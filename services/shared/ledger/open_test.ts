import { assertEquals } from "@std/assert";
import { freshLedger } from "./fixture.ts";

Deno.test("a fresh ledger has the pool's own accounts and nothing else", async () => {
  await using ledger = await freshLedger();
  const rows = await ledger.transaction((tx) => tx.query("SELECT count(*) AS n FROM account"));
  assertEquals(rows, [{ n: 10n }]);
});
