import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FakeClock, tempDir } from "@gopool/testing";
import { foldOf, point } from "../contract_stand.ts";
import { MINUTE_MS, openSeries, SeriesNotOpened, SeriesUnavailable } from "../mod.ts";
import { MINUTE } from "./child_fixture.ts";

const CHILD = new URL("./child_fixture.ts", import.meta.url).pathname;
const RANGE = { fromMs: MINUTE, untilMs: MINUTE + MINUTE_MS };

function open(path: string, access: "read" | "write" = "write") {
  return openSeries(`sqlite:${path}`, {
    clock: new FakeClock(MINUTE + 600_000),
    raw: true,
    access,
  });
}

function ask(path: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

Deno.test("a reader waits in its questions for a file that nobody has made yet", async () => {
  await using dir = await tempDir();
  const path = dir.join("new", "series.sqlite");
  await using reader = await open(path, "read");
  const { message } = await assertRejects(() => reader.health(), SeriesUnavailable);
  assertMatch(message, /There is no series at .* yet/);
  await using writer = await open(path);
  await reader.health();
  await writer.write(foldOf([point({ minuteMs: MINUTE, shares: 4 })]));
  assertEquals((await reader.sums({ kind: "pool" }, [RANGE]))[0]!.valid.shares, 4);
  await assertRejects(() => reader.write(foldOf([])), SeriesUnavailable, "read only");
});

Deno.test("files that it cannot know are refused in a sentence, and left alone", async () => {
  await using dir = await tempDir();
  const [other, newer, text] = ["other.db", "newer.db", "text.db"].map((name) => dir.join(name));
  ask(other!, "CREATE TABLE mine (x)");
  await (await open(newer!))[Symbol.asyncDispose]();
  ask(newer!, "PRAGMA user_version = 2");
  await Deno.writeTextFile(text!, "These are no pages of a database.\n".repeat(300));
  for (const access of ["read", "write"] as const) {
    const refusal = async (path: string) =>
      (await assertRejects(() => open(path, access), SeriesNotOpened)).message;
    assertMatch(await refusal(other!), /database of something else/);
    assertMatch(await refusal(newer!), /written in format 2, and this build knows only 1/);
    assertMatch(await refusal(text!), /not a SQLite database/);
  }
  assertEquals(ask(other!, "SELECT name FROM sqlite_schema").map(({ name }) => name), ["mine"]);
});

Deno.test("openSeries() says what a URL must be", async () => {
  const options = { clock: new FakeClock(), raw: false };
  await assertRejects(() => openSeries("sqlite:", options), SeriesNotOpened, "must name a file");
  await assertRejects(() => openSeries("postgres://h/d", options), SeriesNotOpened, "postgres:");
});

Deno.test("a file that another process holds locked is told, and written once it is free", async () => {
  await using dir = await tempDir();
  const path = dir.join("series.sqlite");
  const told: (string | null)[] = [];
  await using series = await openSeries(`sqlite:${path}`, {
    clock: new FakeClock(MINUTE + 600_000),
    raw: false,
    onTrouble: (sentence) => told.push(sentence),
  });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const fold = foldOf([point({ minuteMs: MINUTE })]);
  const { message } = await assertRejects(() => series.write(fold), SeriesUnavailable);
  assertStringIncludes(message, "another process holds it locked");
  other.exec("ROLLBACK");
  other.close();
  await series.write(fold);
  assertEquals((await series.sums({ kind: "pool" }, [RANGE]))[0]!.valid.shares, 1);
  assertEquals(told, [message, null]);
});

Deno.test("others have their turn while a large fold is written and read, and see all of it or nothing", async () => {
  await using dir = await tempDir();
  await using series = await open(dir.join("series.sqlite"));
  const minutes = Array.from(
    { length: 5_000 },
    (_, i) => point({ minuteMs: MINUTE, worker: `rig ${i}` }),
  );
  const turnsDuring = async <T>(work: Promise<T>): Promise<[number, T]> => {
    let turns = 0, isOver = false;
    const over = work.finally(() => isOver = true);
    while (!isOver) {
      turns += 1;
      await new Promise((resolve) => setTimeout(resolve));
    }
    return [turns, await over];
  };
  const writing = series.write(foldOf(minutes));
  const seen = new Set<number>();
  const [turns] = await turnsDuring(Promise.all([
    writing,
    (async () => {
      for (let i = 0; i < 20; i += 1) {
        seen.add((await series.sums({ kind: "pool" }, [RANGE]))[0]!.valid.shares);
        await new Promise((resolve) => setTimeout(resolve));
      }
    })(),
  ]));
  assert(turns > 5, `${turns} turns`);
  for (const shares of seen) assert(shares === 0 || shares === 5_000, `${shares} shares`);
  const [reading, page] = await turnsDuring(series.workers("bc1qalice", RANGE, { limit: 1_000 }));
  assertEquals(page.length, 1_000);
  assert(reading > 3, `${reading} turns`);
});

Deno.test("a process that is killed while it writes leaves whole folds with their position", async () => {
  await using dir = await tempDir();
  const path = dir.join("series.sqlite");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", CHILD, "count", `sqlite:${path}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let said = "";
  for await (const bytes of child.stdout) {
    said += new TextDecoder().decode(bytes);
    // Killed in the middle of some later one.
    if (said.split("\n").length > 8) break;
  }
  child.kill("SIGKILL");
  await child.status;
  const last = Number(said.trim().split("\n").at(-1));
  await using series = await open(path);
  const [position] = (await series.positions())!;
  assert(position!.offset >= last, `${position!.offset} is there, ${last} was said`);
  const [pool] = await series.sums({ kind: "pool" }, [RANGE]);
  const [account] = await series.sums({ kind: "account", account: "bc1qalice" }, [RANGE]);
  assertEquals([pool!.valid.shares, account!.valid.shares], [
    700 * position!.offset,
    700 * position!.offset,
  ]);
});

Deno.test("a process of its own reads beside the one that writes, allowed the file and its two companions", async () => {
  await using dir = await tempDir();
  const path = dir.join("series.sqlite");
  await using series = await open(path);
  await series.write(foldOf([point({ minuteMs: MINUTE, shares: 9 })]));
  const files = ["", "-wal", "-shm"].map((end) => path + end).join(",");
  const { stdout, code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--ignore-env",
      `--allow-read=${files}`,
      `--allow-write=${files}`,
      CHILD,
      "read",
      `sqlite:${path}`,
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), { shares: 9, top: 1 });
});
