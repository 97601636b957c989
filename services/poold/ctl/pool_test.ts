/**
 * Every command against a whole pool: `deno task start` in a folder of its own, with its simulated node and demo miner.
 * The command line runs in this process, but for its launcher, which is asked once.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { type Ended, ownPool, RunningTask, runTask } from "../child_fixture.ts";
import { ctl, type CtlRun } from "./fixture.ts";
import { fakeScreen } from "./screen_fixture.ts";

/** A busy machine may take long; every wait ends as soon as its condition holds. */
const PATIENCE = { deadlineMs: 90_000 };

interface Stand extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  run(words: string, run?: Omit<CtlRun, "env">, ...more: readonly string[]): Promise<Ended>;
  /** Ends with 0 and complains of nothing; what it prints. */
  said(words: string, ...more: readonly string[]): Promise<string>;
  /** The same with --json, each line read. */
  json(words: string, ...more: readonly string[]): Promise<Record<string, unknown>[]>;
}

async function stand(): Promise<Stand> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  const env = {
    GOPOOL_DATA_DIR: folder.join("data"),
    GOPOOL_CONTROL_ADDRESSES: `127.0.0.1:${freePort()}`,
  };
  const pool = stack.use(
    new RunningTask("start", {
      ...ownPool(env.GOPOOL_DATA_DIR),
      GOPOOL_CONTROL_LISTEN: env.GOPOOL_CONTROL_ADDRESSES,
      // It makes a token of its own then, in its data folder.
      GOPOOL_CONTROL_TOKENS: "",
      GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
    }),
  );
  const run: Stand["run"] = (words, run = {}, ...more) =>
    ctl([...words.split(" "), ...more], { ...run, env });
  const said: Stand["said"] = async (words, ...more) => {
    const { code, stdout, stderr } = await run(words, {}, ...more);
    assertEquals(
      [code, stderr],
      [0, ""],
      `${words}\n${stdout}\n${pool.lines.slice(-20).join("\n")}`,
    );
    return stdout;
  };
  return {
    env,
    folder: folder.path,
    run,
    said,
    json: async (words, ...more) => {
      const lines = (await said(`--json ${words}`, ...more)).trim().split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A block is booked when its minute is over, and paid out when it is mature: until then these are empty. */
const NOT_AT_ONCE = new Set(["ledger entries", "payouts list"]);

Deno.test("an operator's questions and words, each by a command, to a running pool", async (t) => {
  await using it = await stand();
  const { run, said, json } = it;
  const first = async (words: string) => (await json(words))[0]!;

  await t.step("a pool that starts is not well, and status says so until it is", async () => {
    await waitFor(async () => (await run("status")).code === 0, "the pool is well", PATIENCE);
    await waitFor(async () => (await json("blocks")).length > 0, "a block is found", PATIENCE);
    await waitFor(
      async () => (await json("ledger blocks")).length > 0,
      "the books know of it",
      PATIENCE,
    );
    const table = await said("status --parts");
    for (const name of ["poold", "stratumd", "jobmanager", "shareproc", "blocksubmit", "payoutd"]) {
      assertMatch(table, new RegExp(`^${name} +127\\.0\\.0\\.1:\\d+ +working `, "m"));
    }
    assertEquals((await first("status")).ready, true);
  });

  const session = await first("sessions");
  const id = String(session.id), account = String(session.account);
  const hash = String((await first("blocks")).hash);

  await t.step("whatever can be asked is answered, as a table and as JSON", async () => {
    for (
      const words of [
        `sessions show ${id}`,
        "sessions agents",
        "sessions refused",
        "shares",
        "shares partitions",
        "shares candidates",
        "jobs",
        "jobs nodes",
        "jobs layouts",
        `block ${hash}`,
        `block export ${hash}`,
        "ledger",
        "ledger accounts --only own",
        `ledger account ${account}`,
        "ledger entries",
        "ledger blocks",
        `ledger block ${hash}`,
        "ledger preview",
        "ledger verify",
        "ledger reserve",
        "ledger schedule",
        "payouts list",
        "payouts standing",
        "payouts preview",
        `miner ${account}`,
        "settings",
        "log-level",
        "heap",
      ]
    ) {
      assert((await said(words)).trim() !== "", words);
      const isAny = (await json(words)).length > 0;
      assert(isAny || NOT_AT_ONCE.has(words), words);
    }
    assertEquals(await said("sessions bans"), "none\n");
    assertEquals(await json("sessions bans"), []);
  });

  await t.step(
    "the live screen is drawn until somebody leaves it, and once into a pipe",
    async () => {
      assertStringIncludes(await said("top"), "last blocks");
      const screen = fakeScreen(2);
      const { code, stdout } = await run("top --every 500ms", { screen });
      assertEquals([code, stdout, screen.closed], [0, "", true]);
      assertStringIncludes(screen.drawn[1]!.join("\n"), "1 session,");
      assertEquals((await run("--json top")).code, 2);
    },
  );

  await t.step("a session is held at a difficulty, given back, and closed", async () => {
    // No share need be harder than a block, and of the simulation's blocks none is hard.
    const most = Number((await first(`sessions show ${id}`)).difficultyMax);
    assertMatch(await said(`sessions difficulty ${id} ${most / 2}`), /vardiff -> \d/);
    assert(Number((await first(`sessions show ${id}`)).fixedDifficulty) > 0);
    assertEquals((await run(`sessions difficulty ${id} ${most * 2}`)).code, 2);
    assertMatch(await said(`sessions difficulty ${id} auto`), /-> vardiff/);
    assertStringIncludes(await said(`sessions disconnect ${id}`), `closed: ${id}`);
    const gone = await run(`sessions show ${id}`);
    assertEquals([gone.code, gone.stdout], [1, ""]);
  });

  await t.step("who is banned may not come, until it is over", async () => {
    await said("sessions ban 203.0.113.0/24 --for 1h --reason", "sends nonsense");
    const [ban] = await json("sessions bans");
    assertEquals([ban!.reason, ban!.by], ["sends nonsense", "local"]);
    assertStringIncludes(await said("sessions unban 203.0.113.0/24"), "may come again");
    assertEquals((await run("sessions unban 203.0.113.0/24")).code, 1);
  });

  await t.step("fresh work is given out at a word, and is seen by who watches", async () => {
    const stop = new AbortController();
    const jobs: string[] = [];
    const watching = run("jobs watch --past 0", {
      signal: stop.signal,
      onLine: (line) => jobs.push(line),
    });
    // It may not be watching yet: asked until it tells.
    await waitFor(
      async () => {
        const job = (await said("jobs refresh")).split(" ")[1]!;
        return await waitFor(() => jobs.some((line) => line.includes(job)), "told", {
          deadlineMs: 2_000,
        })
          .catch(() => false);
      },
      "the job is told",
      PATIENCE,
    );
    stop.abort();
    assertEquals((await watching).code, 0);
    const node = String(((await first("jobs nodes")).nodes as { name: string }[])[0]!.name);
    assertStringIncludes(await said(`jobs prefer ${node} --for 1m`), `${node} is preferred until`);
    assertStringIncludes(await said("jobs prefer --none"), "The order of the settings");
  });

  await t.step("a block is given to the nodes again", async () => {
    assertStringIncludes(await said(`block submit ${hash}`), "an operator");
    assertEquals((await run(`block ${"00".repeat(32)}`)).code, 1);
  });

  await t.step("money is moved once, with who and why", async () => {
    const reason = ["--reason", "a test"];
    const adjust = "ledger adjust fee --sats 5 --request-id once-only";
    const done = await said(adjust, ...reason);
    const [again] = await json(adjust, ...reason);
    assertEquals(again!.again, true, done);
    assertStringIncludes(await said("payouts pause", ...reason), "payouts are paused");
    assertMatch(await said("payouts"), /PAUSED since .* by local: a test/);
    assertStringIncludes(await said("payouts resume", ...reason), "payouts go on");
    const audit = await json("ledger audit --limit 3");
    assertEquals(audit.map(({ who, reason }) => [who, reason]), Array(3).fill(["local", "a test"]));
    assertEquals((await run("payouts approve 999999", {}, ...reason)).code, 1);
  });

  await t.step("a service is drained, is not well meanwhile, and works again", async () => {
    assertMatch(await said("drain shareproc"), /shareproc is drained/);
    const { code, stdout } = await run("status");
    assertEquals(code, 1, stdout);
    assertMatch(stdout, /^shareproc .* drained /m);
    await said("undrain shareproc");
    await waitFor(async () => (await run("status")).code === 0, "the pool is well", PATIENCE);
  });

  await t.step("the log is told from debug on for a while, and what was called", async () => {
    const { code, stdout } = await run("logs --level debug --for 2s --past 1000");
    assertEquals(code, 0, stdout);
    assertMatch(stdout, /logs from debug on, until /);
    assertMatch(stdout, /local called gopool\.control\.v1\.ControlService\/Drain/);
    assertMatch(await said("log-level --reset"), /logs from info on\n/);
  });

  await t.step("a profile is a file that did not exist", async () => {
    const to = `${it.folder}/p.cpuprofile`;
    await said(`profile --for 200ms --to ${to}`);
    assert(Array.isArray(JSON.parse(await Deno.readTextFile(to)).nodes));
    const again = await run(`profile --to ${to}`);
    assertEquals(again.code, 2);
    assertStringIncludes(again.stderr, "it exists already");
  });

  await t.step("as a task, under the launcher's permissions, it answers the same", async () => {
    const { code, stdout, stderr } = await runTask("ctl", ["--json", "status"], it.env);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout).name, "poold");
  });

  await t.step(
    "a wrong token is not told apart from none but by the sentence, and ends with 3",
    async () => {
      const env = { ...it.env, GOPOOL_CONTROL_TOKEN: "another-token-altogether" };
      const wrong = await ctl(["status"], { env });
      assertEquals([wrong.code, wrong.stdout], [3, ""]);
      assertStringIncludes(wrong.stderr, "does not know this token. Set GOPOOL_CONTROL_TOKEN");
      assert(!wrong.stderr.includes("another-token"));
      const none = await ctl(["status"], { env: { ...it.env, GOPOOL_DATA_DIR: "/nowhere" } });
      assertEquals([none.code, none.stdout], [3, ""]);
      assertStringIncludes(none.stderr, "wants a token, and there is none");
    },
  );
});
