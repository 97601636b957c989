import {
  assert,
  assertEquals,
  assertMatch,
  assertObjectMatch,
  assertStringIncludes,
} from "@std/assert";
import { createLogger, setLogLevel, silent } from "./log.ts";
import { plainFacts } from "./log_facts.ts";

/** Lines of a logger that is configured for one test. */
function lines(format: "json" | "text", level: "debug" | "info" = "debug") {
  const written: string[] = [];
  const log = createLogger("test", { format, level, write: (line) => written.push(line) });
  return { log, written };
}

Deno.test("a JSON line has time, level, words, logger and facts", () => {
  const { log, written } = lines("json");
  log.warn("node is {away}", { node: "a:1", tries: 3, sats: 5n, none: undefined });
  assertEquals(written.length, 1);
  const line = JSON.parse(written[0]!);
  assertObjectMatch(line, {
    level: "WARN",
    message: "node is {away}",
    logger: "gopool.test",
    facts: { node: "a:1", tries: 3, sats: "5" },
  });
  assert(!Number.isNaN(Date.parse(line["@timestamp"])));
});

Deno.test("an error in the facts shows its message, stack, cause and what its class adds", () => {
  const { log, written } = lines("json");
  const cause = Object.assign(new RangeError("inner"), { code: -28 });
  log.error("failed", { error: new Error("outer", { cause }) });
  const { error } = JSON.parse(written[0]!).facts;
  assertObjectMatch(error, {
    name: "Error",
    message: "outer",
    cause: { message: "inner", code: -28 },
  });
  assertStringIncludes(error.stack, "log_test.ts");
});

Deno.test("a text line is one line of words; stacks stand below", () => {
  const { log, written } = lines("text");
  log.info("listening", { address: "127.0.0.1:3333", agent: "cg miner" });
  assertMatch(
    written[0]!,
    /^\d\d:\d\d:\d\d\.\d{3} INF test +listening {2}address=127\.0\.0\.1:3333 {2}agent="cg miner"$/,
  );
  log.error("failed", { error: new Error("outer", { cause: new Error("inner") }) });
  assertStringIncludes(written[1]!, 'error="Error: outer"\n    at ');
  assertStringIncludes(written[1]!, "\n  caused by Error: inner\n");
});

Deno.test("what a miner sends cannot move a cursor or begin a line", () => {
  for (const format of ["json", "text"] as const) {
    const { log, written } = lines(format);
    log.info("hello", { worker: "x\n12:00:00 ERR \x1b[2J\u009b1A" });
    assertMatch(written[0]!, /^\P{Cc}*$/u);
  }
});

Deno.test("no secret reaches a line, by any of these roads", () => {
  for (const format of ["json", "text"] as const) {
    const { log, written } = lines(format);
    const url = "http://alice:hunter2@node:8332/?token=hunter2&x=1";
    log.info(`reaching ${url}`, {
      url: new URL(url),
      text: `tried ${url} twice`,
      password: "hunter2",
      rpcPassword: "hunter2",
      apiKey: "hunter2",
      cookie: "__cookie__:hunter2",
      nested: { authorization: "Basic hunter2", list: [url] },
      map: new Map([["token", "hunter2"]]),
      error: new Error(`cannot reach ${url}`, { cause: new Error(url) }),
      several: new AggregateError([new Error(url)], url),
    });
    log.with({ secretWord: "hunter2" }).error("failed");
    const all = written.join("\n");
    assert(!all.includes("hunter2"), all);
    assertStringIncludes(all, "node:8332");
  }
});

Deno.test("facts of with() stand on every line and may be overruled", () => {
  const { log, written } = lines("json");
  const part = log.with({ part: "a", n: 1 }).with({ session: "s" });
  part.info("x", { n: 2 });
  part.info("y");
  assertEquals(written.map((line) => JSON.parse(line).facts), [
    { part: "a", n: 2, session: "s" },
    { part: "a", n: 1, session: "s" },
  ]);
});

Deno.test("lines below the level are not written, and the level can change", () => {
  const { log, written } = lines("json", "info");
  log.debug("a");
  log.info("b");
  setLogLevel("error");
  log.warn("c");
  setLogLevel("debug");
  log.debug("d");
  silent.error("e");
  assertEquals(written.map((line) => JSON.parse(line).message), ["b", "d"]);
});

Deno.test("facts are bounded: long text, many entries, depth, bytes, circles", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const shown = plainFacts({
    text: "x".repeat(100_000),
    list: Array.from({ length: 1_000 }, (_, i) => i),
    bytes: new Uint8Array(1_000),
    circle,
    bad: NaN,
    when: new Date(0),
  });
  assert(JSON.stringify(shown).length < 10_000);
  assertObjectMatch(shown, { bad: "NaN", when: "1970-01-01T00:00:00.000Z" });
});
