import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LedgerNotOpened, LedgerUnavailable, openLedger } from "@gopool/ledger";
import { freshDatabase, freshLedger, TEST_BOOK } from "@gopool/ledger/fixture";
import { createStatusBoard, systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { startPostgres } from "@gopool/testing/servers";
import { lateLedger } from "./late_ledger.ts";
import { LEDGER_AGAIN_MS, LEDGER_LOOK_MS } from "./limits.ts";

const one = (ledger: ReturnType<typeof lateLedger>) =>
  ledger.transaction((tx) => tx.query("SELECT 1 AS one"), { snapshot: true });

Deno.test("until the ledger is open, and when it is away again, asking it is LedgerUnavailable, never a wait", async () => {
  const server = await startPostgres();
  await using _stopped = server;
  const { url } = await freshDatabase({ server: server.url, migrated: true });
  {
    await using _books = await openLedger(url, { clock: systemClock, ...TEST_BOOK });
  }
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const part = () => board.all().find(({ part }) => part === "apiserver/ledger");
  const given = Promise.withResolvers<void>();
  const ledger = lateLedger({
    clock,
    board,
    open: async (signal, onTrouble) => {
      onTrouble("the ledger at db is not available: ECONNREFUSED");
      await given.promise;
      const access = { clock: systemClock, ...TEST_BOOK, readOnly: true };
      return await openLedger(url, { ...access, signal, onTrouble });
    },
  });
  await assertRejects(() => one(ledger), LedgerUnavailable, "not open yet");
  const stop = new AbortController();
  const running = ledger.run(stop.signal);
  await waitFor(() => part()?.detail.includes("ECONNREFUSED"), "the trouble on the board");
  await assertRejects(() => one(ledger), LedgerUnavailable, "is not available");
  given.resolve();
  await waitFor(() => part()?.health === "ok", "the ledger to be open");
  assertEquals(await one(ledger), [{ one: 1 }]);

  await server.kill();
  await assertRejects(() => one(ledger), LedgerUnavailable);
  await waitFor(async () => {
    await clock.advance(LEDGER_LOOK_MS);
    return part()?.health === "degraded";
  }, "that it is away");
  stop.abort();
  await running;
  await assertRejects(() => one(ledger), LedgerUnavailable);
});

Deno.test("what waiting cannot mend is said, and tried again: somebody may mend it", async () => {
  await using books = await freshLedger();
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  let tries = 0;
  const ledger = lateLedger({
    clock,
    board,
    open: () => {
      if (++tries < 3) throw new LedgerNotOpened("the schema is older: run deno task migrate");
      return books.again({ readOnly: true });
    },
  });
  const stop = new AbortController();
  const running = ledger.run(stop.signal);
  await waitFor(() => tries === 1, "the first try");
  const error = await assertRejects(() => one(ledger), LedgerUnavailable);
  assertStringIncludes(error.message, "run deno task migrate");
  await waitFor(async () => {
    await clock.advance(LEDGER_AGAIN_MS);
    return board.all().some(({ health }) => health === "ok");
  }, "the ledger to be open");
  assertEquals([tries, await one(ledger)], [3, [{ one: 1 }]]);
  stop.abort();
  await running;
});
