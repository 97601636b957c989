import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { startPostgres } from "@gopool/testing/servers";
import { accountsOf, MATURE, ownAccounts, post } from "../books.ts";
import { freshDatabase, freshLedger, TEST_BOOK } from "../fixture.ts";
import { openLedger } from "../open.ts";
import { type Ledger, LedgerUnavailable, type Tx } from "../port.ts";
import { openDoor } from "./cut_fixture.ts";

const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const AT_MS = 1_767_225_600_000;

/** Pays the miner 5 satoshis out of the reserve, for a minute: once, however often it is done. */
async function pay(tx: Tx, minute: number): Promise<boolean> {
  const [account] = await accountsOf(tx, [ADDRESS]);
  const { reserve } = await ownAccounts(tx);
  return await post(tx, "pps", { minute }, [
    { account: account!, bucket: MATURE, sats: 5n },
    { account: reserve, bucket: MATURE, sats: -5n },
  ], AT_MS);
}

/** As every caller does: again, until it is known to have happened. */
async function payForSure(ledger: Ledger, minute: number): Promise<LedgerUnavailable[]> {
  const troubles: LedgerUnavailable[] = [];
  await waitFor(async () => {
    try {
      await ledger.transaction((tx) => pay(tx, minute), { money: true });
      return true;
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      troubles.push(error);
      return false;
    }
  }, "a payment");
  return troubles;
}

const owed = async (ledger: Ledger) =>
  (await ledger.transaction((tx) =>
    tx.query<{ sats: bigint }>(
      "SELECT b.sats FROM balance b JOIN account ON id = account_id WHERE kind = 'miner'",
    )
  ))[0]?.sats ?? 0n;

Deno.test("a server that is killed in the middle of a transaction has nothing of it, and all that was answered", async () => {
  await using server = await startPostgres();
  await using ledger = await freshLedger({ server: server.url });
  for (const minute of [1, 2, 3]) await payForSure(ledger, minute);
  const error = await assertRejects(
    () =>
      ledger.transaction(async (tx) => {
        await pay(tx, 4);
        await server.kill();
        await pay(tx, 5);
      }, { money: true }),
    LedgerUnavailable,
  );
  assertEquals(error.outcomeUnknown, false);
  const away = await assertRejects(() => owed(ledger), LedgerUnavailable, "not available");
  assertEquals(away.outcomeUnknown, false);
  await server.restart();
  await payForSure(ledger, 4);
  assertEquals(await owed(ledger), 20n);
});

Deno.test("a server that is stopped and started is waited for by who does it again", async () => {
  await using server = await startPostgres();
  await using ledger = await freshLedger({ server: server.url });
  await payForSure(ledger, 1);
  await server.stop();
  const paying = payForSure(ledger, 2);
  await server.restart();
  assert((await paying).length > 0);
  assertEquals(await owed(ledger), 10n);
});

Deno.test("a server that is away at the start is waited for, and the wait ends when it is told to", async () => {
  await using server = await startPostgres();
  const { url } = await freshDatabase({ migrated: true, server: server.url });
  await server.stop();
  const told: (string | null)[] = [];
  const stop = new AbortController();
  const open = (signal: AbortSignal) =>
    openLedger(url, {
      clock: systemClock,
      ...TEST_BOOK,
      signal,
      onTrouble: (sentence) => told.push(sentence),
    });
  const given = open(stop.signal);
  await waitFor(() => told.length > 0, "a sentence");
  assertStringIncludes(told[0]!, `The ledger at 127.0.0.1:${server.port}/`);
  assert(!told[0]!.includes(new URL(url).password));
  stop.abort(new Error("told to end"));
  await assertRejects(() => given, Error, "told to end");

  const opening = open(new AbortController().signal);
  await server.restart();
  await using ledger = await opening;
  assertEquals(told.at(-1), null);
  assertEquals(await owed(ledger), 0n);
});

Deno.test("a commit whose connection is cut may have happened or not: done again, it happened once", async () => {
  await using ledger = await freshLedger();
  await using door = openDoor(ledger.url);
  await using cut = await openLedger(door.url, { clock: systemClock, role: "gopool_payoutd" });
  for (const [minute, how] of [[1, "before it arrives"], [2, "before the answer"]] as const) {
    door.cut = how;
    const error = await assertRejects(
      () => cut.transaction((tx) => pay(tx, minute)),
      LedgerUnavailable,
      "nobody knows",
    );
    assertEquals(error.outcomeUnknown, true);
    const happened = await cut.transaction(async (tx) => !(await pay(tx, minute)));
    assertEquals(happened, how === "before the answer");
    assertEquals(await owed(ledger), BigInt(5 * minute));
  }
});

Deno.test("a connection that is cut within a transaction leaves nothing, and the next one works", async () => {
  await using ledger = await freshLedger();
  const error = await assertRejects(
    () =>
      ledger.transaction(async (tx) => {
        await pay(tx, 1);
        const [row] = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
        await ledger.ask("SELECT pg_terminate_backend($1)", [row!.pid]);
        await waitFor(async () => (await pay(tx, 1)) && null, "the end of the connection");
      }),
    LedgerUnavailable,
  );
  assertEquals(error.outcomeUnknown, false);
  assertEquals(await payForSure(ledger, 1), []);
  assertEquals(await owed(ledger), 5n);
});

Deno.test("a full server and one that takes nobody in are away, not broken", async () => {
  await using server = await startPostgres({
    settings: {
      max_connections: "5",
      superuser_reserved_connections: "0",
      reserved_connections: "0",
    },
  });
  await using ledger = await freshLedger({ server: server.url });
  const inside = Promise.withResolvers<void>();
  const holders = Array.from(
    { length: 4 },
    () => ledger.transaction(() => inside.promise),
  );
  try {
    // The four, and what is asked here, are one too many.
    await using _fifth = await waitFor(() => ledger.hold("last"), "the last connection");
    await assertRejects(
      () => ledger.transaction(() => Promise.resolve()),
      LedgerUnavailable,
      "too many",
    );
  } finally {
    inside.resolve();
    await Promise.all(holders);
  }
  assertEquals(await owed(ledger), 0n);
});
