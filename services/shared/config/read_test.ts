import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  choice,
  type Config,
  ConfigError,
  duration,
  effective,
  flag,
  HelpRequested,
  hostPort,
  integer,
  number,
  optional,
  path,
  readConfig,
  readSome,
  type Schema,
  text,
  url,
  urlList,
  variablesOf,
} from "./mod.ts";
import { nearest } from "./nearest.ts";
import { redactUrls } from "./redact.ts";

const schema = {
  busUrl: url("GOPOOL_BUS_URL", "message bus", { schemes: ["kafka:", "memory:"] }),
  nodes: urlList("GOPOOL_NODE_URL", "nodes", {
    schemes: ["http:"],
    fallback: "http://127.0.0.1:8332",
  }),
  port: integer("GOPOOL_PORT", "port", { min: 0, max: 65_535, fallback: 3_333 }),
  token: optional(text("GOPOOL_TOKEN", "token of the control API", { secret: true })),
  empty: flag("GOPOOL_EMPTY_JOBS", "an empty job at once on a new tip", { fallback: true }),
  refresh: duration("GOPOOL_REFRESH", "job refresh", {
    minMs: 1_000,
    maxMs: 60_000,
    fallback: "30s",
  }),
};

function read(
  args: string[],
  env: Record<string, string> = {},
  files: Record<string, string> = {},
) {
  return readConfig("tried", schema, {
    args,
    env: (name) => env[name],
    envNames: Object.keys(env),
    readFile: (path) => files[path] ?? fail(path),
  });
}

function fail(path: string): never {
  throw new Error(`No such file: ${path}`);
}

function problems(args: string[], env: Record<string, string> = {}): readonly string[] {
  return assertThrows(() => read(args, env), ConfigError).problems;
}

const BUS = { GOPOOL_BUS_URL: "memory:" };

Deno.test("a flag wins over the environment, the environment over the default", () => {
  assertEquals(read([], BUS).port, 3_333);
  assertEquals(read([], { ...BUS, GOPOOL_PORT: "1" }).port, 1);
  assertEquals(read(["--port", "2"], { ...BUS, GOPOOL_PORT: "1" }).port, 2);
  assertEquals(read(["--port=2", "--bus-url=memory:"]).port, 2);
});

Deno.test("values are typed", () => {
  const config: Config<typeof schema> = read(["--no-empty-jobs"], BUS);
  assertEquals(config.busUrl.protocol, "memory:");
  assertEquals(config.nodes.map((node) => node.host), ["127.0.0.1:8332"]);
  assertEquals(config.refresh, 30_000);
  assertEquals([config.empty, config.token], [false, undefined]);
  assertEquals(read(["--empty-jobs"], { ...BUS, GOPOOL_EMPTY_JOBS: "off" }).empty, true);
});

Deno.test("all mistakes are reported at once, in sentences", () => {
  assertEquals(
    problems(["--prot=1", "--refresh", "5", "--nonsense", "value", "stray", "--empty-jobs=maybe"], {
      GOPOOL_PORT: "70000",
      GOPOOL_NODE_ULR: "http://x",
    }),
    [
      "--prot: no such setting; did you mean --port?",
      "--nonsense: no such setting",
      '"stray": no flag stands before it',
      "GOPOOL_BUS_URL or --bus-url is required (message bus)",
      'GOPOOL_PORT="70000" must be a whole number from 0 to 65535 (port)',
      '--empty-jobs="maybe" must be on or off (an empty job at once on a new tip)',
      '--refresh="5" must be a time with its unit, such as 30s or 10m (job refresh)',
      "GOPOOL_NODE_ULR: no such setting; did you mean GOPOOL_NODE_URL?",
    ],
  );
});

Deno.test("variables of other services are none of this one's business", () => {
  read([], { ...BUS, GOPOOL_LEDGER_URL: "postgres://x", HOME: "/", GOPOOL: "x" });
});

Deno.test("an empty variable counts as absent", () => {
  assertEquals(read([], { ...BUS, GOPOOL_PORT: "" }).port, 3_333);
});

Deno.test("a flag at the end without its value is named", () => {
  assertEquals(problems(["--port"], BUS), ["--port needs a value (port)"]);
});

Deno.test("a secret comes from the environment or a file, never from a flag", () => {
  assertEquals(read([], { ...BUS, GOPOOL_TOKEN: "abc" }).token, "abc");
  const file = { ...BUS, GOPOOL_TOKEN_FILE: "/run/token" };
  assertEquals(read([], file, { "/run/token": "from file\n" }).token, "from file");
  assertStringIncludes(problems(["--token=abc"], BUS)[0]!, "would show a password to everybody");
  assertStringIncludes(problems([], file)[0]!, "No such file");
  assertStringIncludes(problems([], { ...file, GOPOOL_TOKEN: "abc" })[0]!, "both set");
  const withPassword = ["--node-url", "http://u:hunter2@n"];
  assertStringIncludes(problems(withPassword, BUS)[0]!, "set GOPOOL_NODE_URL");
  assertEquals(read([], { ...BUS, GOPOOL_NODE_URL: "http://u:p@n" }).nodes[0]?.password, "p");
});

Deno.test("no complaint and no listing shows a secret", () => {
  const env = {
    GOPOOL_BUS_URL: "amqp://u:hunter2@host",
    GOPOOL_NODE_URL: "http://u:hunter2@n,u:hunter2@n:1",
    GOPOOL_TOKEN: " ",
  };
  const { message } = assertThrows(() => read(["--node-url=http://u:hunter2@n"], env), ConfigError);
  assert(!message.includes("hunter2"), message);
  assert(!problems([], env).join().includes("hunter2"));
  // A slash in a password makes it no URL; it is a password all the same.
  const slashed = { ...BUS, GOPOOL_NODE_URL: "http://u:hunter2/x@n" };
  assert(!problems([], slashed).join().includes("hunter2"));
  const shown = effective(schema, {
    args: ["--port=5"],
    env: (name) =>
      ({ ...BUS, GOPOOL_TOKEN: "hunter2", GOPOOL_NODE_URL: "http://u:hunter2@n" })[name],
  });
  assertEquals(shown.map(({ variable, value, source }) => `${variable} ${value} ${source}`), [
    'GOPOOL_BUS_URL "memory:" GOPOOL_BUS_URL',
    'GOPOOL_NODE_URL "http://***@n" GOPOOL_NODE_URL',
    'GOPOOL_PORT "5" --port',
    "GOPOOL_TOKEN (secret) GOPOOL_TOKEN",
    'GOPOOL_EMPTY_JOBS "on" default',
    'GOPOOL_REFRESH "30s" default',
  ]);
});

Deno.test("--help lists every setting once, in columns, with default and meaning", () => {
  const { message } = assertThrows(() => read(["--prot", "--help"]), HelpRequested);
  assertStringIncludes(message, "Usage: tried [settings]");
  assertStringIncludes(message, "--port NUMBER");
  assertStringIncludes(message, "[GOPOOL_PORT; default 3333]");
  assertStringIncludes(message, "--[no-]empty-jobs");
  assertStringIncludes(message, "GOPOOL_TOKEN=TEXT");
  for (const line of message.split("\n")) assert(line.length <= 100, line);
});

Deno.test("a schema knows its variables, files of secrets included", () => {
  assertEquals(variablesOf(schema), [
    "GOPOOL_BUS_URL",
    "GOPOOL_BUS_URL_FILE",
    "GOPOOL_NODE_URL",
    "GOPOOL_NODE_URL_FILE",
    "GOPOOL_PORT",
    "GOPOOL_TOKEN",
    "GOPOOL_TOKEN_FILE",
    "GOPOOL_EMPTY_JOBS",
    "GOPOOL_REFRESH",
  ]);
});

Deno.test("readSome() gives what can be read and complains of nothing", () => {
  const from = { args: ["--port=5", "--other", "x"], env: () => "nonsense" };
  const { port, refresh } = schema;
  assertEquals(readSome({ port, refresh }, from), { port: 5 });
});

/** What one row makes of a text: the value, or its complaint. */
function parse(row: Schema[string], value: string): unknown {
  try {
    return row.parse(value);
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("each kind of row takes what it should and says what it wants", () => {
  const int = integer("GOPOOL_X", "x", { min: -5, max: 2_000_000 });
  for (const [given, value] of [["7", 7], ["-5", -5], ["1_000_000", 1_000_000]] as const) {
    assertEquals(parse(int, given), value);
  }
  for (const bad of ["", " 7", "7.5", "1e3", "0x10", "-6", "x", "2000001"]) {
    assertEquals(parse(int, bad), "must be a whole number from -5 to 2000000", bad);
  }
  const share = number("GOPOOL_X", "x", { min: 0, max: 1 });
  assertEquals([parse(share, "0.25"), parse(share, "1e-3")], [0.25, 0.001]);
  for (const bad of ["", "NaN", "1.1", "-0.1"]) {
    assertStringIncludes(String(parse(share, bad)), "must");
  }

  const word = choice("GOPOOL_X", "x", { of: ["a", "b"] });
  assertEquals([parse(word, "a"), parse(word, "A")], ["a", "must be a or b"]);

  const time = duration("GOPOOL_X", "x", { minMs: 1, maxMs: 86_400_000 });
  for (
    const [given, ms] of [["250ms", 250], ["1.5s", 1_500], ["10m", 600_000], ["1d", 86_400_000]]
  ) {
    assertEquals(parse(time, String(given)), ms);
  }
  assertEquals(parse(time, "25h"), "must be from 1ms to 1d");

  const place = hostPort("GOPOOL_X", "x");
  assertEquals(parse(place, "127.0.0.1:3333"), { host: "127.0.0.1", port: 3333 });
  assertEquals(parse(place, "[::1]:0"), { host: "::1", port: 0 });
  assertEquals(parse(place, ":3333"), { host: "0.0.0.0", port: 3333 });
  for (const bad of ["3333", "a:b", "a:70000", "::1:3333", "http://a:1"]) {
    assertStringIncludes(String(parse(place, bad)), "must", bad);
  }

  const named = text("GOPOOL_X", "x", { maxLength: 3, pattern: /^[a-z]+$/, must: "small letters" });
  assertEquals(parse(named, "abc"), "abc");
  assertEquals(parse(named, "abcd"), "must have at most 3 characters");
  assertEquals(parse(named, "A"), "must be small letters");
  assertEquals(parse(path("GOPOOL_X", "x"), " "), "must not be empty");

  const list = urlList("GOPOOL_X", "x", { schemes: ["http:", "https:"] });
  assertEquals((parse(list, "http://a:1, https://b") as URL[]).map((u) => u.host), ["a:1", "b"]);
  for (
    const bad of ["", "http://a,", "http://a:1,http://u@a:1", "localhost:8332", "http://", "a"]
  ) {
    assertStringIncludes(String(parse(list, bad)), "must", bad);
  }
});

Deno.test("a row must be named as settings are", () => {
  assertThrows(() => path("DATA_DIR", "x"), TypeError, "DATA_DIR");
  assertThrows(() => path("GOPOOL_data", "x"), TypeError);
});

Deno.test("one or two slips are forgiven with a hint, more are another word", () => {
  const known = ["bus-url", "node-url", "port"];
  for (
    const [typed, meant] of [["bsu-url", "bus-url"], ["nodeurl", "node-url"], ["prot", "port"]]
  ) {
    assertEquals(nearest(typed!, known), meant);
  }
  assertEquals(nearest("ledger-url", known), null);
});

Deno.test("whatever stands before the @ of a URL is taken out of any text", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9:!$&()*+,;=._~%-]{1,20}$/);
  fc.assert(fc.property(word, fc.lorem(), fc.lorem(), (secret, before, after) => {
    const hidden = redactUrls(`${before} http://Q${secret}Q@host/path ${after}`);
    assert(!hidden.includes(`Q${secret}Q`), hidden);
    assertStringIncludes(hidden, "http://***@host/path");
  }));
  assertEquals(
    redactUrls("mail me at a@b.c, http://host/a@b"),
    "mail me at a@b.c, http://host/a@b",
  );
  assertEquals(redactUrls("redis://h/?api_key=1&db=2"), "redis://h/?api_key=***&db=2");
});
