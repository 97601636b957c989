import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { problemLine, verify } from "../verify.ts";
import { shareValid } from "@gopool/bus";
import { takeCheckpoint } from "@gopool/ledger/books_tools";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import { HistoryMissing } from "./history.ts";
import { rebuild } from "./rebuild.ts";
import { makeHistory, rebuildOf, startStand } from "./rebuild_fixture.ts";
import { busSource, historyOf, type Source } from "./sources.ts";

Deno.test("a rebuild says what the ledger says, and of every change to it what was changed", async (t) => {
  await using stand = await startStand({ scheme: "pplns", maturity: 4 });
  await makeHistory(stand);
  const { ledger } = stand;
  const { problems } = await verify(ledger, { network: "regtest", maturity: 4 });
  assertEquals(problems, []);
  const clean = await rebuildOf(stand);
  assertEquals(clean.differences, []);
  assertEquals([clean.shares, clean.blocks.announced, clean.blocks.splits], [19, 3, 3]);
  assert(clean.accounts > 5);

  /** Does it, sees what is told, and undoes it. */
  const changed = (name: string, sql: string, undo: string, ...says: string[]) =>
    t.step(name, async () => {
      // With every trigger off, as only a superuser can.
      await ledger.ask(`SET session_replication_role = replica; ${sql}`);
      const told = (await rebuildOf(stand)).differences.map((one) => one.says).join("\n");
      await ledger.ask(`SET session_replication_role = replica; ${undo}`);
      for (const words of says) assertStringIncludes(told, words);
    });

  await changed(
    "a slice",
    "UPDATE slice_minute SET work = work + 1 WHERE scheme = 'coinbase'",
    "UPDATE slice_minute SET work = work - 1 WHERE scheme = 'coinbase'",
    "coinbase, nBits 1d00ffff: computed 5 work in 1 shares, the ledger has 6 work in 1 shares",
  );
  await changed(
    "an hour",
    "UPDATE slice_hour SET shares = shares + 1 WHERE scheme = 'coinbase'",
    "UPDATE slice_hour SET shares = shares - 1 WHERE scheme = 'coinbase'",
    "the hour from minute",
    "computed 25 work in 5 shares, the ledger has 25 work in 6 shares",
  );
  await changed(
    "a satoshi moved from one miner to another, consistently in all tables",
    `UPDATE block_credit SET sats = sats + CASE WHEN weight = (SELECT max(weight) FROM block_credit c
       WHERE c.block_hash = block_credit.block_hash) THEN 1 ELSE -1 END
     WHERE block_hash = (SELECT hash FROM block WHERE scheme = 'pplns' ORDER BY height LIMIT 1)`,
    `UPDATE block_credit SET sats = sats - CASE WHEN weight = (SELECT max(weight) FROM block_credit c
       WHERE c.block_hash = block_credit.block_hash) THEN 1 ELSE -1 END
     WHERE block_hash = (SELECT hash FROM block WHERE scheme = 'pplns' ORDER BY height LIMIT 1)`,
    "the credit of bcrt1q",
  );
  await changed(
    "a balance",
    "UPDATE balance SET sats = sats - 1 WHERE account_id = (SELECT id FROM account WHERE kind = 'fee')",
    "UPDATE balance SET sats = sats + 1 WHERE account_id = (SELECT id FROM account WHERE kind = 'fee')",
    "fee: its mature balance is computed as",
  );
  await changed(
    "a position",
    "UPDATE share_position SET shares = shares + 1",
    "UPDATE share_position SET shares = shares - 1",
    "has 19 shares that count, the ledger counted 20",
  );
  await changed(
    "the facts of a block",
    "UPDATE block SET finder = '' WHERE variant = 1",
    "UPDATE block SET finder = (SELECT name FROM account JOIN block_credit ON id = account_id WHERE block_hash = hash) WHERE variant = 1",
    "its finder is bcrt1q",
  );
  await changed(
    "a block that is called orphaned",
    "UPDATE block SET state = 'orphaned', booked = false, matured = false WHERE variant = 1",
    "UPDATE block SET state = 'mature', booked = true, matured = true WHERE variant = 1",
    "is on the best chain, the ledger calls it orphaned",
  );
  assertEquals((await rebuildOf(stand)).differences, [], "every change was undone");

  await t.step("without its log a rebuild says what is missing", async () => {
    const { signal } = stand;
    const books = { pool: "gopool", network: "regtest" } as const;
    const deps = {
      ledger,
      history: historyOf([]),
      chain: null,
      books,
      scratchPath: ":memory:",
      signal,
    };
    await assertRejects(
      () => rebuild(deps),
      HistoryMissing,
      "share.valid/0 of log",
    );
  });
});

Deno.test("where the log's head is gone a rebuild begins at the latest checkpoint, and says so", async () => {
  await using stand = await startStand({ scheme: "pplns", maturity: 4 });
  const { ledger, clock } = stand;
  let checkpoints = 0;
  await makeHistory(stand, async () => {
    await ledger.transaction(async (tx) => {
      await closeThrough(tx, minuteOf(clock.now()) - 1);
      for (let i = 0; i < 3; i++) {
        if (await takeCheckpoint(tx, clock.now() - 1, clock.now())) checkpoints++;
      }
    }, { money: true });
  });
  assertEquals(checkpoints, 1, "one a day");
  const source = await busSource(stand.bus);
  const from =
    (await ledger.ask<{ at: bigint }>("SELECT max(next_offset) AS at FROM checkpoint_position"))[
      0
    ]!;
  const headless: Source = {
    ...source,
    held: async (topic) =>
      (await source.held(topic)).map((one) =>
        topic === shareValid ? { ...one, from: Math.min(one.next, Number(from.at)) } : one
      ),
  };
  const { signal } = stand;
  const books = { pool: "gopool", network: "regtest" } as const;
  const run = () =>
    rebuild({
      ledger,
      history: historyOf([headless]),
      chain: null,
      books,
      scratchPath: ":memory:",
      signal,
    });
  const rebuilt = await run();
  assertEquals(rebuilt.differences, []);
  assertStringIncludes(rebuilt.start, "from the checkpoint of 2026-01-01T");
  assertEquals([rebuilt.shares, rebuilt.blocks.skipped > 0], [2, true]);
  await ledger.ask(
    "UPDATE slice_minute SET work = work + 1 WHERE work = (SELECT max(work) FROM slice_minute)",
  );
  assert(
    (await run()).differences.length > 0,
    "the window of a later block reaches behind the checkpoint",
  );
  await ledger.transaction((tx) => takeCheckpoint(tx, clock.now(), clock.now()), { money: true });
  await ledger.ask("UPDATE slice_hour SET work = work + 1");
  const { problems } = await verify(ledger, { network: "regtest", maturity: 4 });
  assertStringIncludes(
    problems.map(problemLine).join(),
    "to checkpoint 2 are others than it noted",
  );
});
