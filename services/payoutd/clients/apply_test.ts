import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clientOf, requestsOf } from "@gopool/ledger/clients";
import { feesAt } from "@gopool/ledger/schemes";
import { freshLedger } from "@gopool/ledger/fixture";
import type { Ledger } from "@gopool/ledger";
import {
  HOUR_MS,
  type Miner,
  minerOf,
  NOW_MS,
  openBooks,
  requestOf,
  RULES,
  send,
  signedBy,
  THRESHOLD_SATS,
} from "./client_fixture.ts";
import { payeesBy } from "../payees.ts";

/** Where and from when on each is paid, as people read it. */
async function payees(ledger: Ledger, miners: readonly Miner[], nowMs: number) {
  const addresses = miners.map(({ address }) => address);
  const found = await ledger.transaction((tx) =>
    payeesBy("regtest", THRESHOLD_SATS, 1n, [])(tx, addresses, nowMs)
  );
  return addresses.map((address) => {
    const payee = found.get(address)!;
    return typeof payee === "string" ? payee : [payee.script.toHex(), payee.threshold];
  });
}

Deno.test("requests that miners sign", async (t) => {
  await using ledger = await freshLedger();

  await t.step("a payout address takes effect after its delay, a threshold at once", async () => {
    const [anna, cold] = [minerOf(1), minerOf(2, "p2tr")];
    await openBooks(ledger, [anna]);
    const change = await send(
      ledger,
      signedBy(anna, requestOf(anna, "payout-address", cold.address)),
    );
    assert(change.kind === "applied");
    const { requestId, ...told } = change;
    const fromMs = NOW_MS + RULES.addressDelayMs;
    assertEquals(told, {
      kind: "applied",
      before: "own",
      after: cold.address,
      fromMs,
      again: false,
    });
    const raised = await send(ledger, signedBy(anna, requestOf(anna, "threshold", "750000")));
    assert(raised.kind === "applied");
    assertEquals([raised.before, raised.after, raised.fromMs], ["default", "750000", NOW_MS]);

    const own = anna.key.script.toHex();
    assertEquals(await payees(ledger, [anna], fromMs - 1), [[own, 750_000n]]);
    assertEquals(await payees(ledger, [anna], fromMs), [[cold.key.script.toHex(), 750_000n]]);
    const client = await ledger.transaction((tx) => clientOf(tx, anna.address, NOW_MS));
    assertEquals(client?.pending, { requestId, script: cold.key.script, fromMs });

    // Back to the mining address, again after the delay.
    const later = fromMs + HOUR_MS;
    const back = requestOf(anna, "payout-address", "own", { expiresAtMs: later + HOUR_MS });
    const returned = await send(ledger, signedBy(anna, back), later);
    assert(returned.kind === "applied");
    assertEquals([returned.before, returned.after], [cold.address, "own"]);
    assertEquals(await payees(ledger, [anna], returned.fromMs - 1), [
      [cold.key.script.toHex(), 750_000n],
    ]);
    assertEquals(await payees(ledger, [anna], returned.fromMs), [[own, 750_000n]]);

    const lowered = await send(ledger, signedBy(anna, requestOf(anna, "threshold", "default")));
    assert(lowered.kind === "applied");
    assertEquals([lowered.before, lowered.after], ["750000", "default"]);
    assertEquals(await payees(ledger, [anna], NOW_MS), [[own, THRESHOLD_SATS]]);
  });

  await t.step(
    "a change asked for by a thief is cancelled by the old payout address or the mining address",
    async () => {
      const [anna, cold, thief] = [minerOf(11), minerOf(12, "p2tr"), minerOf(76)];
      await openBooks(ledger, [anna]);
      await send(ledger, signedBy(anna, requestOf(anna, "payout-address", cold.address)));
      const later = NOW_MS + RULES.addressDelayMs + HOUR_MS;
      const soon = { expiresAtMs: later + HOUR_MS };
      for (
        const [owner, name] of [[cold, "the payout address"], [anna, "the mining address"]] as const
      ) {
        // Whoever has the mining key can ask.
        const stolen = requestOf(anna, "payout-address", thief.address, soon);
        assertEquals((await send(ledger, signedBy(anna, stolen), later)).kind, "applied");
        const cancel = requestOf(anna, "cancel-payout-address", "pending", soon);
        const refused = await send(ledger, signedBy(thief, cancel), later);
        assertEquals(refused.kind === "refused" && refused.reason, "bad-signature");
        const cancelled = await send(ledger, signedBy(owner, cancel), later);
        assert(cancelled.kind === "applied", name);
        assertEquals([cancelled.before, cancelled.after], [thief.address, "cancelled"]);
        const after = later + 2 * RULES.addressDelayMs;
        assertEquals((await payees(ledger, [anna], after))[0]![0], cold.key.script.toHex());
      }
      const cancel = requestOf(anna, "cancel-payout-address", "pending", soon);
      const nothing = await send(ledger, signedBy(anna, cancel), later);
      assertEquals(nothing.kind === "refused" && nothing.reason, "nothing-pending");
      // For anything else the payout address's signature is none.
      const other = requestOf(anna, "threshold", "20000", soon);
      assertEquals((await send(ledger, signedBy(cold, other), later)).kind, "refused");
    },
  );

  await t.step("another change takes back the one that waits", async () => {
    const [anna, first, second] = [minerOf(21), minerOf(22), minerOf(23)];
    await openBooks(ledger, [anna]);
    await send(ledger, signedBy(anna, requestOf(anna, "payout-address", first.address)));
    const later = NOW_MS + HOUR_MS - 1;
    await send(ledger, signedBy(anna, requestOf(anna, "payout-address", second.address)), later);
    const paidTo = async (nowMs: number) => (await payees(ledger, [anna], nowMs))[0]![0];
    assertEquals(await paidTo(NOW_MS + RULES.addressDelayMs), anna.key.script.toHex());
    assertEquals(await paidTo(later + RULES.addressDelayMs), second.key.script.toHex());
  });

  await t.step(
    "a request sent again is answered as the first time; its nonce serves no other",
    async () => {
      const [anna, berta] = [minerOf(31), minerOf(32)];
      await openBooks(ledger, [anna, berta]);
      const nonce = "ab".repeat(8);
      const request = signedBy(anna, requestOf(anna, "threshold", "20000", { nonce }));
      const first = await send(ledger, request);
      assert(first.kind === "applied");
      // Long after it has expired, too: it was followed.
      const again = await send(ledger, request, NOW_MS + 100 * HOUR_MS);
      assertEquals(again, { ...first, again: true });
      const other = await send(
        ledger,
        signedBy(anna, requestOf(anna, "threshold", "30000", { nonce })),
      );
      assertEquals(other.kind === "refused" && other.reason, "nonce-used");
      const hers = await send(
        ledger,
        signedBy(berta, requestOf(berta, "threshold", "30000", { nonce })),
      );
      assertEquals(hers.kind, "applied");
      const requests = await ledger.transaction(async (tx) => {
        const { account } = (await clientOf(tx, anna.address, NOW_MS))!;
        return await requestsOf(tx, account, 10);
      });
      assertEquals(
        requests.map(({ body, signature, signedBy, before, after, atMs }) => ({
          body,
          signature,
          signedBy,
          before,
          after,
          atMs,
        })),
        [{
          body: request.text,
          signature: request.signature,
          signedBy: anna.address,
          before: "default",
          after: "20000",
          atMs: NOW_MS,
        }],
      );
    },
  );

  await t.step("a donation is a rate of the account's own from the next minute on", async () => {
    const anna = minerOf(51, "p2tr");
    await openBooks(ledger, [anna]);
    const given = await send(ledger, signedBy(anna, requestOf(anna, "donation", "250")));
    assert(given.kind === "applied");
    assertEquals([given.before, given.after, given.fromMs], ["default", "250", NOW_MS + 60_000]);
    const rate = (atMs: number) =>
      ledger.transaction(async (tx) => (await feesAt(tx, atMs)).own.get(anna.address));
    assertEquals(await rate(NOW_MS), undefined);
    assertEquals(await rate(given.fromMs), { feeBasisPoints: null, donationBasisPoints: 250 });
    const back = await send(
      ledger,
      signedBy(anna, requestOf(anna, "donation", "default")),
      given.fromMs,
    );
    assert(back.kind === "applied");
    assertEquals([back.before, back.after], ["250", "default"]);
  });

  await t.step("a place to be told of things at is kept and taken away again", async () => {
    const anna = minerOf(61);
    await openBooks(ledger, [anna]);
    for (const place of ["mailto:anna@example.org", "https://example.org/hook?key=1"]) {
      const told = await send(ledger, signedBy(anna, requestOf(anna, "notify", place)));
      assertEquals(told.kind, "applied");
      const client = await ledger.transaction((tx) => clientOf(tx, anna.address, NOW_MS));
      assertEquals(client?.notify, place);
    }
    await send(ledger, signedBy(anna, requestOf(anna, "notify", "off")));
    const client = await ledger.transaction((tx) => clientOf(tx, anna.address, NOW_MS));
    assertEquals(client?.notify, null);
  });

  await t.step("a choice below what is allowed by now counts as the least that is", async () => {
    const ella = minerOf(92);
    await openBooks(ledger, [ella]);
    await send(ledger, signedBy(ella, requestOf(ella, "threshold", "20000")));
    const found = await ledger.transaction((tx) =>
      payeesBy("regtest", 500_000n, 30_000n, [])(tx, [ella.address], NOW_MS)
    );
    assertEquals(found.get(ella.address), { script: ella.key.script, threshold: 30_000n });
  });

  await t.step(
    "an account without choices is paid at its own address; a name that is no address is not paid",
    async () => {
      const addresses = [minerOf(91).address, "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l"];
      const found = await ledger.transaction((tx) =>
        payeesBy("regtest", 7n, 1n, [])(tx, addresses, NOW_MS)
      );
      assertEquals(found.get(addresses[0]!), { script: minerOf(91).key.script, threshold: 7n });
      const why = found.get(addresses[1]!);
      assert(typeof why === "string");
      assertStringIncludes(why, "it is an address of main");
    },
  );
});
