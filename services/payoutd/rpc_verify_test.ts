import { assert, assertEquals } from "@std/assert";
import { Code } from "@gopool/control";
import { LedgerService } from "@gopool/proto/control";
import { waitFor } from "@gopool/testing";
import { createLedgerRpc } from "./rpc_ledger.ts";
import { controlStand, type LedgerStand, ledgerStand, refusedWith } from "./rpc_fixture.ts";

async function verified({ as }: LedgerStand) {
  const progress: number[] = [];
  for await (const { step } of as("rita").ledger.verify({})) {
    if (step.case === "progress") progress.push(step.value.checksDone);
    if (step.case === "result") return { progress, result: step.value };
  }
  throw new Error("it ended without a result");
}

Deno.test("verify tells how far it is, then that all is right, or what is not", async () => {
  await using stand = await ledgerStand();
  const { progress, result } = await verified(stand);
  assert(progress.length > 0 && progress.every((done, i) => i === 0 || done > progress[i - 1]!));
  assertEquals([result.problems, result.more], [[], false]);
  assertEquals(
    String(result.entries),
    (await stand.books.ask<{ count: string }>(
      "SELECT count(*)::text FROM entry",
    ))[0]!.count,
  );
  await stand.books.ask("UPDATE balance SET sats = sats + 1 WHERE account_id = 1 AND bucket = 1");
  const { result: bad } = await verified(stand);
  assertEquals(bad.problems.length, 2);
  assert(bad.problems[0]!.line.startsWith("I5: "), bad.problems[0]!.line);
});

Deno.test("one verify at a time; a caller that goes away ends its own", async () => {
  await using stand = await ledgerStand();
  const held = Promise.withResolvers<void>();
  let begun = 0;
  const { deps } = stand;
  /** Its transactions wait until they are let go. */
  const slow: typeof deps.ledger = {
    ...deps.ledger,
    transaction: async (work, how) => {
      begun++;
      await held.promise;
      return await deps.ledger.transaction(work, how);
    },
  };
  await using control = await controlStand();
  control.provide(LedgerService, createLedgerRpc({ ...deps, ledger: slow }));
  const { ledger } = control.as("rita");
  const leave = new AbortController();
  const drain = async (options: { signal?: AbortSignal } = {}) => {
    for await (const _ of ledger.verify({}, options)) { /* to its end */ }
  };
  const first = drain({ signal: leave.signal }).catch(() => "left");
  await waitFor(() => begun === 1, "the first to begin");
  await refusedWith(Code.ResourceExhausted, "are being checked already", () => drain());
  leave.abort();
  assertEquals(await first, "left");
  held.resolve();
  await waitFor(() => drain().then(() => true, () => false), "the books to be free again");
});
