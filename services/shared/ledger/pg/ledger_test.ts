import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { freshLedger } from "../fixture.ts";
import { LedgerUnavailable, type Tx } from "../port.ts";

/** A table of the test's own, which the running role may use. */
const TABLE = `CREATE TABLE thing (id int PRIMARY KEY, n int NOT NULL);
  GRANT ALL ON thing TO gopool_payoutd`;

Deno.test("what a transaction wrote stands when it is answered, and what threw wrote nothing", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(TABLE);
  const answer = await ledger.transaction(async (tx) => {
    await tx.query("INSERT INTO thing VALUES (1, 10)");
    return "done";
  });
  assertEquals(answer, "done");
  await assertRejects(
    () =>
      ledger.transaction(async (tx) => {
        await tx.query("UPDATE thing SET n = 11");
        throw new RangeError("of the work's own");
      }),
    RangeError,
    "of the work's own",
  );
  assertEquals(await ledger.ask("SELECT * FROM thing"), [{ id: 1, n: 10 }]);
});

Deno.test("an error of a statement that is swallowed does not pass for success", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(TABLE);
  const work = async (tx: Tx) => {
    await tx.query("INSERT INTO thing VALUES (1, 10)");
    await tx.query("SELECT 1 / 0").catch(() => {});
  };
  await assertRejects(() => ledger.transaction(work), Error, "Nothing was written");
  assertEquals(await ledger.ask("SELECT * FROM thing"), []);
});

Deno.test("the server's own error comes through with its code", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(TABLE);
  const error = await assertRejects(() =>
    ledger.transaction(async (tx) => {
      await tx.query("INSERT INTO thing VALUES (1, 1)");
      await tx.query("INSERT INTO thing VALUES (1, 2)");
    })
  );
  assertEquals((error as { code?: string }).code, "23505");
});

Deno.test("a Tx that outlives its transaction is refused", async () => {
  await using ledger = await freshLedger();
  let kept: Tx | undefined;
  await ledger.transaction((tx) => {
    kept = tx;
    return Promise.resolve();
  });
  await assertRejects(() => kept!.query("SELECT 1"), TypeError, "over");
});

Deno.test("a prepared statement is sent with other parameters each time", async () => {
  await using ledger = await freshLedger();
  await ledger.transaction(async (tx) => {
    for (const n of [1, 2, 3]) {
      const rows = await tx.prepared("twice", "SELECT $1::int * 2 AS n", [n]);
      assertEquals(rows, [{ n: 2 * n }]);
    }
  });
});

Deno.test("a snapshot sees one moment and writes nothing", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(TABLE);
  const count = (tx: Tx) => tx.query("SELECT count(*) AS n FROM thing");
  await ledger.transaction(async (tx) => {
    assertEquals(await count(tx), [{ n: 0n }]);
    await ledger.ask("INSERT INTO thing VALUES (1, 1)");
    assertEquals(await count(tx), [{ n: 0n }]);
    await assertRejects(() => tx.query("INSERT INTO thing VALUES (2, 2)"), Error, "read-only");
    // The error is not let go: a snapshot has nothing to lose.
  }, { snapshot: true }).catch((error) =>
    assertStringIncludes(error.message, "Nothing was written")
  );
  await assertRejects(
    () => ledger.transaction(() => Promise.resolve(), { snapshot: true, money: true }),
    TypeError,
  );
});

Deno.test("money moves in one transaction at a time, over all openings of the books", async () => {
  await using ledger = await freshLedger();
  await using other = await ledger.again();
  await ledger.ask(TABLE);
  await ledger.ask("INSERT INTO thing VALUES (1, 0)");
  // Reading, then writing what was read: without the lock, additions would be lost.
  const add = async (tx: Tx) => {
    const [row] = await tx.query<{ n: number }>("SELECT n FROM thing");
    await tx.query("UPDATE thing SET n = $1", [row!.n + 1]);
  };
  const runs = Array.from(
    { length: 20 },
    (_, i) => (i % 2 === 0 ? ledger : other).transaction(add, { money: true }),
  );
  await Promise.all(runs);
  assertEquals(await ledger.ask("SELECT n FROM thing"), [{ n: 20 }]);
});

Deno.test("two transactions that lock each other out both come to their end", async () => {
  const retries: number[] = [];
  await using ledger = await freshLedger({ onRetry: (attempt) => retries.push(attempt) });
  await ledger.ask(TABLE);
  await ledger.ask("INSERT INTO thing VALUES (1, 0), (2, 0)");
  const both = Promise.withResolvers<void>();
  let begun = 0;
  const crossing = (first: number, second: number) =>
    ledger.transaction(async (tx) => {
      await tx.query("UPDATE thing SET n = n + 1 WHERE id = $1", [first]);
      if (++begun === 2) both.resolve();
      await both.promise;
      await tx.query("UPDATE thing SET n = n + 1 WHERE id = $1", [second]);
    });
  await Promise.all([crossing(1, 2), crossing(2, 1)]);
  assertEquals(await ledger.ask("SELECT id, n FROM thing ORDER BY id"), [
    { id: 1, n: 2 },
    { id: 2, n: 2 },
  ]);
  assertEquals(retries, [1]);
});

Deno.test("a transaction that others make fail for ever is given up after a bound, and said to be safe to repeat", async () => {
  let runs = 0;
  await using ledger = await freshLedger();
  const error = await assertRejects(
    () =>
      ledger.transaction(async (tx) => {
        runs++;
        await tx.query("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$");
      }),
    LedgerUnavailable,
    "8 times: conflict",
  );
  assertEquals([runs, error.outcomeUnknown], [8, false]);
  runs = 0;
  await ledger.transaction(async (tx) => {
    if (++runs < 3) {
      await tx.query("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$");
    }
  });
  assertEquals(runs, 3);
});

Deno.test("a conflict that shows only at the commit is tried again", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(`${TABLE};
    CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.n = 1 THEN RAISE EXCEPTION 'late' USING ERRCODE = '40001'; END IF;
      RETURN new;
    END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION conflict()`);
  let runs = 0;
  await ledger.transaction((tx) => tx.query("INSERT INTO thing VALUES (1, $1)", [++runs]));
  assertEquals(await ledger.ask("SELECT n FROM thing"), [{ n: 2 }]);
});

Deno.test("one of two processes holds a lock, and the other gets it when that is done", async () => {
  await using ledger = await freshLedger();
  await using other = await ledger.again();
  {
    await using held = await ledger.hold("keeper");
    assert(held !== null);
    assertEquals(await other.hold("keeper"), null);
    assertEquals(await ledger.hold("keeper"), null);
    await using another = await other.hold("something else");
    assert(another !== null);
    assertEquals(held.lost.aborted, false);
  }
  await using held = await waitFor(() => other.hold("keeper"), "the lock");
  assert(held !== null);
});

Deno.test("a lock whose connection is cut is lost, and says so", async () => {
  await using ledger = await freshLedger();
  await using held = await ledger.hold("keeper");
  const [{ pid }] = await ledger.ask<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  ) as [{ pid: number }];
  await ledger.ask("SELECT pg_terminate_backend($1)", [pid]);
  await waitFor(() => held!.lost.aborted, "the loss");
  await using again = await waitFor(() => ledger.hold("keeper"), "the lock");
  assertEquals(again.lost.aborted, false);
});
