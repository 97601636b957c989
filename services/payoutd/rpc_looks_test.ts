import { assertEquals } from "@std/assert";
import { Code } from "@gopool/control";
import { LedgerService, PayoutService } from "@gopool/proto/control";
import { waitFor } from "@gopool/testing";
import { payoutStand } from "./payouts/fixture.ts";
import { controlStand, ledgerStand, refusedWith } from "./rpc_fixture.ts";
import { createLedgerRpc } from "./rpc_ledger.ts";
import { createLooks } from "./rpc_looks.ts";
import { createPayoutRpc } from "./rpc_payouts.ts";

Deno.test("two long looks at the books at once, of whatever kind; the third is told so, short ones go on", async () => {
  await using stand = await ledgerStand();
  await using paying = await payoutStand();
  await using control = await controlStand();
  const held = Promise.withResolvers<void>();
  let begun = 0;
  let isSlow = true;
  const { deps } = stand;
  const slow: typeof deps.ledger = {
    ...deps.ledger,
    transaction: async (work, how) => {
      begun++;
      if (isSlow) await held.promise;
      return await deps.ledger.transaction(work, how);
    },
  };
  const looks = createLooks();
  control.provide(LedgerService, createLedgerRpc({ ...deps, ledger: slow }, looks));
  control.provide(PayoutService, createPayoutRpc(paying.deps, looks));
  const { ledger, payouts } = control.as("rita");
  const running = [ledger.previewSettlement({ valueSats: 1n }), ledger.listEntries({ kind: "x" })];
  await waitFor(() => begun === 2, "both to begin");
  isSlow = false;
  const calls = [
    () => ledger.previewSettlement({ valueSats: 1n }),
    () => ledger.listEntries({ fromMs: 1n }),
    () => payouts.previewPayouts({}),
  ];
  for (const call of calls) {
    await refusedWith(Code.ResourceExhausted, "are under way here already", call);
  }
  assertEquals(begun, 2);
  await ledger.listEntries({});
  held.resolve();
  await Promise.all(running);
  for (const call of calls) await call();
});
