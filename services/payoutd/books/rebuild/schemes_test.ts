import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import { noteFee } from "@gopool/ledger/schemes";
import { payMinute } from "../../pps/mod.ts";
import { problemLine, verify } from "../verify.ts";
import { makeHistory, rebuildOf, type Stand, startStand } from "./rebuild_fixture.ts";

/** Pays every minute that has passed. */
async function payMinutes({ ledger, clock }: Stand): Promise<void> {
  await ledger.transaction(async (tx) => {
    await noteFee(tx, { height: 1, hash: new Uint8Array(32), fees: 12_345_678n });
    await closeThrough(tx, minuteOf(clock.now()) - 1);
    while ((await payMinute(tx, clock.now())).kind === "paid");
  }, { money: true });
}

for (const scheme of ["solo", "prop", "pps", "fpps"] as const) {
  Deno.test(`a rebuild of a pool under ${scheme} says what the ledger says`, async () => {
    await using stand = await startStand({ scheme, maturity: 4 });
    await makeHistory(stand);
    await payMinutes(stand);
    const { problems } = await verify(stand.ledger, { network: "regtest", maturity: 4 });
    assertEquals(problems.map(problemLine), []);
    const rebuilt = await rebuildOf(stand);
    assertEquals(rebuilt.differences, []);
    const atOnce = scheme === "pps" || scheme === "fpps";
    assertEquals(rebuilt.ppsMinutes > 0, atOnce);
    if (!atOnce) return;
    await stand.ledger.ask(
      `SET session_replication_role = replica;
       UPDATE entry SET sats = sats + 1 WHERE sats > 0 AND transfer_id =
         (SELECT id FROM transfer WHERE kind = 'pps' ORDER BY minute LIMIT 1)`,
    );
    const { differences } = await rebuildOf(stand);
    assert(differences.length > 0);
    assertStringIncludes(differences[0]!.says, "the ledger paid");
  });
}
