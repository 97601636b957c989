import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { effectiveOf } from "@gopool/ledger/clients";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { REQUEST_LIFE_MAX_MS, REQUESTS_PER_DAY_MAX } from "./limits.ts";
import {
  HOUR_MS,
  type Miner,
  minerOf,
  NOW_MS,
  openBooks,
  POOL,
  requestOf,
  send,
  signedBy,
} from "./client_fixture.ts";

/** Rows of a table that are about this miner, and for which a condition holds. */
async function rowsOf(ledger: FreshLedger, table: string, { address }: Miner, where = "true") {
  const [row] = await ledger.ask<{ count: bigint }>(
    `SELECT count(*) FROM ${table} JOIN account ON account.id = account_id
     WHERE name = $1 AND ${where}`,
    [address],
  );
  return row!.count;
}

Deno.test("requests that are not followed", async (t) => {
  await using ledger = await freshLedger();

  await t.step(
    "what must not be followed is refused with its reason, and nothing is written",
    async () => {
      const [anna, thief, stranger] = [minerOf(41), minerOf(106), minerOf(107)];
      await openBooks(ledger, [anna]);
      const mine = (value: string, change = {}) => requestOf(anna, "threshold", value, change);
      const paid = (value: string) => requestOf(anna, "payout-address", value);
      const anyWitness = "bcrt1s6c9tx8kgd";
      const cases: [string, string, string?][] = [
        [mine("20000").replace("GoPool", "gopool"), "malformed"],
        [mine("20000", { pool: "other" }), "other-pool", "not for gopool on regtest"],
        [mine("20000", { network: "main" }), "other-pool"],
        [requestOf(stranger, "threshold", "20000"), "unknown-account"],
        [mine("20000", { account: anna.address.toUpperCase() }), "unknown-account"],
        [mine("20000", { expiresAtMs: NOW_MS }), "expired"],
        [mine("20000", { expiresAtMs: NOW_MS + REQUEST_LIFE_MAX_MS + 1_000 }), "too-far", "7 days"],
        [mine("9999"), "bad-value", "from 10000 on"],
        [mine("0x5000"), "bad-value"],
        [mine("020000"), "bad-value"],
        [mine("2100000000000001"), "bad-value"],
        [requestOf(anna, "donation", "10001"), "bad-value", "from 0 to 10000"],
        [requestOf(anna, "donation", "-1"), "bad-value"],
        [requestOf(anna, "notify", "ftp://example.org"), "bad-value", "mailto:"],
        [requestOf(anna, "cancel-payout-address", "all"), "bad-value", "pending"],
        [requestOf(anna, "cancel-payout-address", "pending"), "nothing-pending"],
        [paid(POOL.address), "bad-value", "the pool's own address"],
        [paid(anna.address.slice(0, -1) + "q"), "bad-value", "checksum"],
        [paid("bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l"), "bad-value", "address of main"],
        [paid(anyWitness), "bad-value"],
      ];
      for (const [text, reason, words] of cases) {
        const signer = text.includes(stranger.address) ? stranger : anna;
        const verdict = await send(ledger, signedBy(signer, text));
        assert(verdict.kind === "refused", text);
        assertEquals(verdict.reason, reason, `${text}: ${verdict.why}`);
        assertStringIncludes(verdict.why, words ?? "");
      }
      const forged = await send(ledger, signedBy(thief, mine("20000")));
      assertEquals(forged, {
        kind: "refused",
        reason: "bad-signature",
        why:
          `This request is not signed by ${anna.address}: the signature does not hold for this ` +
          "address and message (Script failed an OP_EQUALVERIFY operation)",
      });
      // A signature of another line.
      const { signature } = signedBy(anna, mine("20000"));
      const moved = await send(ledger, { text: mine("30000"), signature });
      assertEquals(moved.kind === "refused" && moved.reason, "bad-signature");
      assertEquals(await rowsOf(ledger, "client_request", anna), 0n);
      const chosen = await ledger.transaction((tx) => effectiveOf(tx, [anna.address], NOW_MS));
      assertEquals(chosen.size, 0);
    },
  );

  await t.step("an account asks so often in 24 hours, and again when they are over", async () => {
    const anna = minerOf(71);
    await openBooks(ledger, [anna]);
    const ask = (nowMs: number) =>
      send(
        ledger,
        signedBy(anna, requestOf(anna, "threshold", "20000", { expiresAtMs: nowMs + HOUR_MS })),
        nowMs,
      );
    for (let i = 0; i < REQUESTS_PER_DAY_MAX; i++) {
      assertEquals((await ask(NOW_MS)).kind, "applied");
    }
    const refused = await ask(NOW_MS + 23 * HOUR_MS);
    assertEquals(refused.kind === "refused" && refused.reason, "too-many");
    assertEquals((await ask(NOW_MS + 24 * HOUR_MS)).kind, "applied");
  });

  await t.step("one request given to two processes at once is followed once", async () => {
    await using second = await ledger.again();
    const anna = minerOf(81);
    await openBooks(ledger, [anna]);
    for (let round = 0; round < 5; round++) {
      const request = signedBy(
        anna,
        requestOf(anna, "payout-address", minerOf(round + 82).address),
      );
      const verdicts = await Promise.all([send(ledger, request), send(second, request)]);
      assertEquals(
        verdicts.map((verdict) => verdict.kind === "applied" && verdict.again).toSorted(),
        [false, true],
      );
    }
    const waiting = await rowsOf(ledger, "client_payout", anna, "cancelled_by IS NULL");
    assertEquals(waiting, 1n);
  });
});
