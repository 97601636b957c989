import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { openLedger } from "../open.ts";
import { type Ledger, LedgerNotOpened } from "../port.ts";
import { type Embedded, startEmbedded } from "./mod.ts";
import { postmasterOf } from "./postmaster.ts";
import { clusterOf, passwordFileOf } from "./server.ts";

/** A machine under load takes its time. */
const PATIENCE = { deadlineMs: 60_000 };
const clock = systemClock;

const start = (dataDir: string, more: { onTrouble?: (text: string | null) => void } = {}) =>
  startEmbedded({ dataDir, port: 0, volatile: true, ...more });

const open = (embedded: Embedded) =>
  openLedger(embedded.url, { clock, pool: "gopool", network: "regtest", migrate: true });

const note = (ledger: Ledger, reason: string) =>
  ledger.transaction((tx) =>
    tx.query(
      "INSERT INTO adjustment (kind, operator, reason, at_ms) VALUES ('test', 'me', $1, 0)",
      [reason],
    )
  );

const noted = (ledger: Ledger) =>
  ledger.transaction(async (tx) =>
    (await tx.query<{ reason: string }>("SELECT reason FROM adjustment ORDER BY id"))
      .map(({ reason }) => reason)
  );

async function pidOf(embedded: Embedded): Promise<number> {
  return (await postmasterOf(clusterOf(embedded.home)))!.pid;
}

const lives = (embedded: Embedded) => postmasterOf(clusterOf(embedded.home));

Deno.test("it is made, stopped and started again with what was written, on loopback and with a password of its own", async () => {
  await using folder = await tempDir();
  const dataDir = folder.join("data");
  {
    await using embedded = await start(dataDir);
    assertEquals(embedded.home.folder, `${await Deno.realPath(dataDir)}/ledger`);
    assertEquals(embedded.home.note, null);
    await using ledger = await open(embedded);
    await note(ledger, "first");
    // As the pool opens it for what it shows to the public.
    const reads = { readOnly: true, role: "gopool_apiserver" } as const;
    await using shown = await openLedger(embedded.url, {
      clock,
      pool: "gopool",
      network: "regtest",
      ...reads,
    });
    assertEquals(await noted(shown), ["first"]);
    const { mode } = await Deno.stat(passwordFileOf(embedded.home));
    assertEquals(mode! & 0o777, 0o600);
    const stranger = new URL(embedded.url);
    stranger.password = "a guess";
    await assertRejects(
      () => openLedger(stranger.href, { clock }),
      LedgerNotOpened,
      "refuses the password",
    );
    const [row] = await ledger.transaction((tx) =>
      tx.query<{ at: string; major: number }>(
        "SELECT current_setting('listen_addresses') AS at, current_setting('server_version_num')::int / 10000 AS major",
      )
    );
    assertEquals(row, { at: "127.0.0.1", major: 17 });
  }
  const cluster = `${dataDir}/ledger/cluster`;
  assertEquals(await postmasterOf(cluster), null);
  await using embedded = await start(dataDir);
  await using ledger = await open(embedded);
  assertEquals(await noted(ledger), ["first"]);
});

Deno.test("the second that starts it takes it as it runs, and the last that ends ends it", async () => {
  await using folder = await tempDir();
  const [one, two] = await Promise.all([start(folder.path), start(folder.path)]);
  assertEquals(one.url, two.url);
  assertEquals([one.attached, two.attached].toSorted(), [false, true]);
  const [first, last] = one.attached ? [two, one] : [one, two];
  // The one that started it goes first.
  await first[Symbol.asyncDispose]();
  await using third = await start(folder.path);
  assert(third.attached);
  await using ledger = await open(last);
  await note(ledger, "still there");
  await ledger[Symbol.asyncDispose]();
  await last[Symbol.asyncDispose]();
  assert(await lives(third) !== null);
  await third[Symbol.asyncDispose]();
  assertEquals(await lives(third), null);
});

Deno.test("killed, it is started again on its port by whoever uses it, and has what was answered", async () => {
  await using folder = await tempDir();
  const told: (string | null)[] = [];
  const starter = await start(folder.path, { onTrouble: (text) => told.push(text) });
  await using other = await start(folder.path);
  await using ledger = await open(starter);
  for (const attempt of [1, 2]) {
    await note(ledger, `before ${attempt}`);
    const before = await pidOf(starter);
    Deno.kill(before, "SIGKILL");
    await waitFor(
      async () => {
        const found = await lives(starter);
        if (found === null || found.pid === before) return false;
        return await noted(ledger).catch(() => false);
      },
      "the server",
      PATIENCE,
    );
    assertEquals((await noted(ledger)).length, attempt);
  }
  assert(told.some((text) => text?.includes("is gone")));
  assertEquals(starter.url, other.url);
  // Also where only one is left that did not start it.
  await ledger[Symbol.asyncDispose]();
  await starter[Symbol.asyncDispose]();
  // Who ends in the middle of starting it takes along what it has begun: the other one starts it then.
  const { pid: before } = await waitFor(() => lives(other), "a server", PATIENCE);
  Deno.kill(before, "SIGKILL");
  await waitFor(
    async () => {
      const found = await lives(other);
      return found !== null && found.pid !== before;
    },
    "the server",
    PATIENCE,
  );
  await using again = await openLedger(other.url, { clock });
  assertEquals((await noted(again)).length, 2);
});

Deno.test("a file of a server that is dead is no hindrance, nor one that names another program", async () => {
  await using folder = await tempDir();
  let cluster: string;
  {
    await using embedded = await start(folder.path);
    cluster = clusterOf(embedded.home);
  }
  const { uid, gid } = await Deno.stat(cluster);
  const leave = async (pid: number) => {
    const text = `${pid}\n${cluster}\n1\n${freePort()}\n\n127.0.0.1\n  1234 1\nready   \n`;
    await Deno.writeTextFile(`${cluster}/postmaster.pid`, text);
    await Deno.chown(`${cluster}/postmaster.pid`, uid, gid);
  };
  const ended = new Deno.Command("true").spawn();
  await ended.status;
  await leave(ended.pid);
  {
    await using embedded = await start(folder.path);
    assertEquals(embedded.attached, false);
  }
  // Of the server's own user, so that it believes what it sees.
  await using living = sleeper(uid!);
  await leave(living.pid);
  const told: (string | null)[] = [];
  await using embedded = await start(folder.path, { onTrouble: (text) => told.push(text) });
  assertEquals(embedded.attached, false);
  assertStringIncludes(told[0]!, "postmaster.pid");
});

/** A program of that user that is no server. */
function sleeper(uid: number) {
  const root = Deno.uid() === 0;
  const child = new Deno.Command("sleep", { args: ["600"], cwd: "/", ...(root ? { uid } : {}) })
    .spawn();
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

Deno.test("what only a person can mend is said in a sentence", async () => {
  await using folder = await tempDir();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await assertRejects(
    () => startEmbedded({ dataDir: folder.path, port, volatile: true }),
    LedgerNotOpened,
    "another program listens on its port",
  );
  const home = folder.join("ledger");
  await Deno.rename(`${home}/password`, `${home}/elsewhere`);
  await assertRejects(() => start(folder.path), LedgerNotOpened, "password is gone");
  await Deno.rename(`${home}/elsewhere`, `${home}/password`);
  await Deno.rename(`${home}/cluster`, `${home}/moved`);
  await assertRejects(
    () => start(folder.path),
    LedgerNotOpened,
    "cluster is gone, and it was there",
  );
  await Deno.rename(`${home}/moved`, `${home}/cluster`);
  await Deno.writeTextFile(`${home}/cluster/PG_VERSION`, "16\n");
  await assertRejects(() => start(folder.path), LedgerNotOpened, "another version of PostgreSQL");
  await Deno.writeTextFile(`${home}/cluster/PG_VERSION`, "17\n");
  await using _mended = await start(folder.path);
});

Deno.test("a data folder that was moved is the same ledger", async () => {
  await using folder = await tempDir();
  {
    await using embedded = await start(folder.join("one"));
    await using ledger = await open(embedded);
    await note(ledger, "before the move");
  }
  await Deno.rename(folder.join("one"), folder.join("two"));
  await using embedded = await start(folder.join("two"));
  await using ledger = await open(embedded);
  assertEquals(await noted(ledger), ["before the move"]);
});
