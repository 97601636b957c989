import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  busNeeds,
  busProblems,
  busRows,
  busUrl,
  ConfigError,
  effective,
  hostsOf,
  ledgerNeeds,
  ledgerProblems,
  ledgerRows,
  ledgerUrl,
  memoryStateNote,
  readChecked,
  readConfig,
  sqliteFileOf,
  stateNeeds,
  stateProblems,
  stateUrl,
} from "./mod.ts";

const takes = (row: { parse: (text: string) => string }, ...urls: string[]) => {
  for (const url of urls) assertEquals(row.parse(url), url);
};
const refuses = (row: { parse: (text: string) => string }, cases: Record<string, string>) => {
  for (const [url, words] of Object.entries(cases)) {
    assertThrows(() => row.parse(url), SyntaxError, words, url);
  }
};

Deno.test("a bus is Kafka at one or several brokers, a file, or memory", () => {
  takes(
    busUrl,
    "kafka://b1:9092",
    "kafka://b1:9092,b2:9093,[::1]:9094?prefix=test1.",
    "kafka://b1,b2",
    "kafka://b1:9092/",
    "sqlite:./data/bus.db",
    "sqlite:///var/lib/bus.db",
    "memory:",
  );
  refuses(busUrl, {
    "": "must start with sqlite: or memory: or kafka://",
    "http://b1:9092": "must start with",
    "kafka:b1:9092": "must be of the form kafka://host:port",
    "kafka://": "must name hosts",
    "kafka://b1:9092,": "must name hosts",
    "kafka://b1:9092, b2:x": "must name hosts",
    "kafka://b1:0": "ports from 1 to 65535",
    "kafka://b1:70000": "ports from 1 to 65535",
    "kafka://b1:9092,b1:9092": "the same host twice",
    "kafka://b1:9092,b1": "the same host twice",
    "kafka://u:p@b1:9092": "GOPOOL_KAFKA_USER and GOPOOL_KAFKA_PASSWORD hold them",
    "kafka://b1:9092/topic": "nothing after the hosts",
    "kafka://b1:9092?prefx=a": 'the parameter "prefx"',
    "kafka://b1:9092?prefix=": 'must give "prefix" a value',
    "sqlite:": "must have a file",
    "sqlite:/folder/": "must have a file",
    "sqlite:/100%/bus.db": "written as %25",
  });
});

Deno.test("a state is Redis, plainly, by TLS or by its sentinels, or memory", () => {
  takes(
    stateUrl,
    "memory:",
    "redis://r1:6379",
    "redis://user:pa%40ss@r1:6379/3?prefix=p:",
    "rediss://:secret@[2001:db8::1]:6380/0",
    "redis+sentinel://s1:26379,s2:26379/mymaster",
    "rediss+sentinel://s1/mymaster?nodes=r1",
    "redis+sentinel://:pw@s1,s2/mymaster/2?nodes=r1:6379,r2",
  );
  refuses(stateUrl, {
    "kafka://b1:9092": "must start with memory: or redis://",
    "redis://r1:6379,r2:6379": "must name one host",
    "redis://r1:6379/db": "the database",
    "redis+sentinel://s1:26379": "the master's name",
    "redis+sentinel://s1:26379/": "the master's name",
  });
});

Deno.test("what a process needs is read from the URL: the brokers, the servers, the log's folder", () => {
  const net = (...what: string[]) => what.map((one) => ({ kind: "connect", what: one }));
  assertEquals(busNeeds("kafka://b1,[::1]:9094"), net("b1:9092", "[::1]:9094") as never);
  assertEquals(busNeeds("memory:"), []);
  assertEquals(busNeeds("sqlite:/var/a%20b/bus.db"), [
    { kind: "read", what: "/var/a b" },
    { kind: "write", what: "/var/a b" },
  ]);
  assertEquals(stateNeeds("redis://u:p@r1/2"), net("r1:6379") as never);
  assertEquals(
    stateNeeds("redis+sentinel://s1,s2:1/m?nodes=r1,r2:2"),
    net("s1:26379", "s2:1", "r1:6379", "r2:2") as never,
  );
  assertEquals(hostsOf("a:1, b:2"), [{ host: "a", port: 1 }, { host: "b", port: 2 }]);
});

Deno.test("the log's file is what follows the colon, decoded", () => {
  assertEquals(sqliteFileOf("sqlite:./data/bus.db"), "./data/bus.db");
  assertEquals(sqliteFileOf("sqlite:///var/a%25b.db"), "/var/a%b.db");
  assertEquals(sqliteFileOf("kafka://b1:9092"), null);
});

const read = (env: Record<string, string>, files: Record<string, string> = {}) =>
  readConfig("tried", busRows, {
    args: [],
    env: (name) => env[name],
    readFile: (name) => files[name]!,
  });

Deno.test("rows about Kafka that contradict each other are told, all at once", () => {
  const problems = (env: Record<string, string>) =>
    busProblems(read({ GOPOOL_BUS_URL: "kafka://b1:9092", ...env }));
  assertEquals(problems({}), []);
  const named = problems({
    GOPOOL_KAFKA_MIN_IN_SYNC: "3",
    GOPOOL_KAFKA_REPLICATION: "2",
    GOPOOL_KAFKA_CERT: "/c.pem",
    GOPOOL_KAFKA_USER: "pool",
  }).map((problem) => problem.split(/[ =]/)[0]);
  assertEquals(named, [
    "GOPOOL_KAFKA_MIN_IN_SYNC",
    "GOPOOL_KAFKA_CERT",
    "GOPOOL_KAFKA_CERT",
    "GOPOOL_KAFKA_USER",
  ]);
  assertEquals(problems({ GOPOOL_KAFKA_SASL: "plain", GOPOOL_KAFKA_PASSWORD: "x" }), [
    "GOPOOL_KAFKA_USER is required with GOPOOL_KAFKA_SASL=plain",
  ]);
  assertEquals(
    problems({
      GOPOOL_KAFKA_TLS: "on",
      GOPOOL_KAFKA_CA: "/ca.pem",
      GOPOOL_KAFKA_SASL: "scram-sha-512",
      GOPOOL_KAFKA_USER: "pool",
      GOPOOL_KAFKA_PASSWORD: "x",
    }),
    [],
  );
});

Deno.test("a password that was complained of is not missed as well", () => {
  const env: Record<string, string> = {
    GOPOOL_BUS_URL: "kafka://b1:9092",
    GOPOOL_KAFKA_SASL: "plain",
    GOPOOL_KAFKA_USER: "pool",
    GOPOOL_KAFKA_PASSWORD: "x",
    GOPOOL_KAFKA_PASSWORD_FILE: "/run/pw",
  };
  const settings = { schema: busRows, problems: busProblems };
  const error = assertThrows(
    () => readChecked("tried", settings, { args: [], env: (name) => env[name] }),
    ConfigError,
  );
  assertEquals(error.problems, [
    "GOPOOL_KAFKA_PASSWORD and GOPOOL_KAFKA_PASSWORD_FILE are both set: which one?",
  ]);
});

Deno.test("the brokers' password comes from a variable or a file, and is never shown", () => {
  const env = { GOPOOL_BUS_URL: "kafka://b1:9092", GOPOOL_KAFKA_PASSWORD_FILE: "/run/pw" };
  assertEquals(read(env, { "/run/pw": "hunter2\n" }).kafkaPassword, "hunter2");
  const said = effective(busRows, {
    args: [],
    env: (name) => env[name as keyof typeof env],
    readFile: () => "hunter2",
  });
  assert(!JSON.stringify(said).includes("hunter2"));
  const refused = assertThrows(
    () => read({ GOPOOL_BUS_URL: "kafka://pool:hunter2@b1:9092" }),
    ConfigError,
  );
  assert(!refused.message.includes("hunter2"));
});

Deno.test("certificates for a state without TLS, or without their key, are told", () => {
  assertEquals(stateProblems({ stateUrl: "rediss://r1", stateCa: "/ca.pem" }), []);
  const problems = stateProblems({
    stateUrl: "redis://r1",
    stateCa: "/ca.pem",
    stateCert: "/c.pem",
  });
  assertEquals(problems.map((problem) => problem.split(" ")[0]), [
    "GOPOOL_STATE_CERT",
    "GOPOOL_STATE_CA",
    "GOPOOL_STATE_CERT",
  ]);
});

Deno.test("a state of one's own beside brokers is said, and nothing where there are none", () => {
  const note = memoryStateNote({ busUrl: "kafka://b:9092", stateUrl: "memory:" });
  assertStringIncludes(note!, "GOPOOL_STATE_URL is memory:");
  assertEquals(memoryStateNote({ busUrl: "sqlite:./bus.db", stateUrl: "memory:" }), null);
  assertEquals(memoryStateNote({ busUrl: "kafka://b:9092", stateUrl: "redis://r" }), null);
});

Deno.test("a ledger is one PostgreSQL with a user and a database, with TLS that checks or none", () => {
  takes(
    ledgerUrl,
    "postgres://u@db/books",
    "postgresql://u:p%40ss@db:6432/books",
    "postgres://u@[::1]/books?sslmode=disable",
    "postgres://u@db/books?sslmode=verify-full",
  );
  refuses(ledgerUrl, {
    "": "must start with postgres:// or postgresql://",
    "mysql://u@db/books": "must start with",
    "postgres://u@db": "one name after the host",
    "postgres://u@db/": "one name after the host",
    "postgres://u@a,b/books": "must name one host",
    "postgres://db/books": "must name a user",
    "postgres://:p@db/books": "must name a user",
    "postgres://u@db/books?sslmode=require": "disable or verify-full",
    "postgres://u@db/books?host=x": 'must not have the parameter "host"',
  });
  assertEquals(ledgerNeeds("postgres://u@db/books"), [{ kind: "connect", what: "db:5432" }]);
  assertEquals(ledgerNeeds("postgres://u@[::1]:1/b"), [{ kind: "connect", what: "[::1]:1" }]);
});

Deno.test("rows about the ledger that contradict each other are told", () => {
  const problems = (found: Parameters<typeof ledgerProblems>[0]) => ledgerProblems(found);
  assertEquals(problems({ ledgerUrl: "postgres://u@db/b", ledgerPassword: "p" }), []);
  assertEquals(problems({}), []);
  assertEquals(problems({ ledgerCa: "/ca.pem", ledgerPassword: "p" }).length, 2);
  assertStringIncludes(problems({ ledgerCa: "/ca.pem" })[0]!, "GOPOOL_LEDGER_URL is missing");
  assertStringIncludes(
    problems({ ledgerUrl: "postgres://u:p@db/b", ledgerPassword: "p" })[0]!,
    "which one?",
  );
  assertStringIncludes(
    problems({ ledgerUrl: "postgres://u@db/b", ledgerCa: "/ca.pem" })[0]!,
    "asks for no TLS",
  );
  assertEquals(
    problems({ ledgerUrl: "postgres://u@db/b?sslmode=verify-full", ledgerCa: "/ca.pem" }),
    [],
  );
});

Deno.test("the ledger's password is never shown, and may come from a file", () => {
  const env: Record<string, string> = {
    GOPOOL_LEDGER_URL: "postgres://u:hush@db/books",
    GOPOOL_LEDGER_PASSWORD_FILE: "/run/secrets/ledger",
  };
  const from = { args: [], env: (name: string) => env[name], readFile: () => "hush\n" };
  assertEquals(readConfig("test", ledgerRows, from).ledgerPassword, "hush");
  assertEquals(JSON.stringify(effective(ledgerRows, from)).includes("hush"), false);
  assertThrows(
    () => readConfig("test", ledgerRows, { ...from, args: ["--ledger-url=postgres://u:p@h/d"] }),
    ConfigError,
    "would show a password",
  );
});
