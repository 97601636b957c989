import { assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { type InfluxStandIn, startInflux, testInfluxPython } from "@gopool/testing/servers";
import { foldOf, point } from "../contract_stand.ts";
import { SeriesNotOpened } from "../options.ts";
import { type Range, type Series, SeriesUnavailable } from "../port.ts";
import { parseInfluxUrl } from "./address.ts";
import { type InfluxOptions, openInflux } from "./mod.ts";
import { InfluxServer } from "./server.ts";
import { databaseName } from "./stand_fixture.ts";
import { LineWriter } from "./writer.ts";

const python = await testInfluxPython();
const ALICE = { kind: "account", account: "bc1qalice" } as const;
const minuteMs = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const range: Range = { fromMs: minuteMs, untilMs: minuteMs + 60_000 };

function test(promise: string, body: (server: InfluxStandIn) => Promise<void>, token?: string) {
  Deno.test({
    name: `influx: ${promise}`,
    ignore: python === null,
    fn: async () => {
      await using server = await startInflux(python!, token === undefined ? {} : { token });
      await body(server);
    },
  });
}

function open(server: InfluxStandIn, options: Partial<InfluxOptions> = {}) {
  return openInflux(`${server.url}/${databaseName()}`, {
    clock: systemClock,
    raw: true,
    ...options,
  });
}

async function shares(series: Series): Promise<number> {
  return (await series.sums(ALICE, [range]))[0]!.valid.shares;
}

test("a server that is killed and comes back has what it answered, and gets what waited", async (server) => {
  const told: (string | null)[] = [];
  await using series = await open(server, { onTrouble: (sentence) => told.push(sentence) });
  await series.write(foldOf([point({ minuteMs, shares: 3 })]));
  await server.kill();
  const waiting = series.write(foldOf([point({ minuteMs, worker: "later", shares: 4 })]));
  await waitFor(() => series.counters().retries > 0, "a second try");
  await server.restart();
  await waiting;
  await series.health();
  assertEquals(await shares(series), 7);
  assertStringIncludes(String(told[0]), "takes no writes");
  assertEquals(told.at(-1), null);
});

test("a server that stays away is told after a bounded time, by writes and by questions", async (server) => {
  await using series = await open(server, { writeTriesMs: 600 });
  await series.write(foldOf([point({ minuteMs })]));
  await server.kill();
  const beganMs = performance.now();
  await assertRejects(
    () => series.write(foldOf([point({ minuteMs })])),
    SeriesUnavailable,
    "takes no writes",
  );
  await assertRejects(() => shares(series), SeriesUnavailable, "answers no questions");
  await assertRejects(() => series.health(), SeriesUnavailable);
  assertLess(performance.now() - beganMs, 30_000);
  assertEquals(series.counters().inFlight, 0);
});

test("a server that takes a write and never answers holds nobody, and counts it once", async (server) => {
  const options = { writeTimeoutMs: 500, writeTriesMs: 400, queryTimeoutMs: 500 };
  await using series = await open(server, options);
  server.stall(true);
  try {
    await assertRejects(
      () => series.write(foldOf([point({ minuteMs, shares: 5 })])),
      SeriesUnavailable,
    );
    await assertRejects(() => series.firstMinute(), SeriesUnavailable);
  } finally {
    server.stall(false);
  }
  // What it took while it stood still it may have stored.
  await waitFor(() => series.health().then(() => true, () => false), "an answer");
  await series.write(foldOf([point({ minuteMs, shares: 5 })]));
  assertEquals(await shares(series), 5);
});

test("a token that is refused is told, by who opens and by who asks", async (server) => {
  const stop = new AbortController();
  const told: (string | null)[] = [];
  const opening = open(server, {
    token: "wrong",
    signal: stop.signal,
    onTrouble: (sentence) => {
      told.push(sentence);
      if (told.length === 2) stop.abort();
    },
  });
  await assertRejects(() => opening, SeriesNotOpened, "refuses the token");
  assertStringIncludes(String(told[0]), "refuses the token");
  await using reader = await open(server, { token: "wrong", access: "read" });
  await assertRejects(() => reader.health(), SeriesUnavailable, "refuses the token");
  await using series = await open(server, { token: "right" });
  await series.write(foldOf([point({ minuteMs })]));
  assertEquals(await shares(series), 1);
}, "right");

test("who only reads waits in each question for tables that somebody else makes", async (server) => {
  const url = `${server.url}/${databaseName()}`;
  await using reader = await openInflux(url, { clock: systemClock, raw: true, access: "read" });
  await assertRejects(() => shares(reader), SeriesUnavailable, "yet");
  await using writer = await openInflux(url, { clock: systemClock, raw: true });
  await writer.write(
    foldOf([point({ minuteMs, status: "rejected", reasons: { "brand new": 2 } })]),
  );
  assertEquals((await reader.sums(ALICE, [range]))[0]!.reasons, { "brand new": 2 });
});

test("lines that cannot be written are left out, told and counted; the others are there", async (server) => {
  const told: string[] = [];
  await using series = await open(server, { onDropped: (sentence) => told.push(sentence) });
  await series.write(foldOf([point({ minuteMs, shares: 2 })], {
    minutes: [point({ minuteMs, shares: 2 }), point({ minuteMs, worker: "odd", work: NaN })],
  }));
  assertEquals(await shares(series), 2);
  assertEquals(series.counters().dropped, 1);
  assertStringIncludes(told[0]!, "work is NaN");
});

test("a line that the server refuses takes no other with it", async (server) => {
  const told: string[] = [];
  const address = parseInfluxUrl(`${server.url}/db`);
  await using influx = new InfluxServer(address, {});
  const onDropped = (sentence: string) => void told.push(sentence);
  const writer = new LineWriter({ server: influx, clock: systemClock, onDropped });
  await writer.write([{ database: "db", lines: ["t,w=a f=1 1"] }]);
  const bad = Array.from({ length: 20 }, (_, i) => `t,w=bad${i} f="text" 2`);
  await writer.write([{ database: "db", lines: ["t,w=b f=2 2", ...bad, "t,w=c f=3 3"] }]);
  await writer.write([{ database: "db", lines: ["t,w=d f=4 4"] }]);
  const rows = await influx.select(
    "db",
    "SELECT w, f FROM t WHERE time < '1970-01-02T00:00:00Z' ORDER BY f",
  );
  assertEquals(rows.map(({ w }) => w), ["a", "b", "c", "d"]);
  assertEquals(writer.counters, { inFlight: 0, lines: 4, retries: 0, dropped: 20 });
  assertStringIncludes(told[0]!, "invalid column type for column 'f'");
  assertStringIncludes(told[0]!, "bad0");
  assertStringIncludes(told.at(-1)!, "20 lines");
  assertLess(told.length, 20);
});

Deno.test({
  name:
    "influx: writes under way together share the server's flushes, and a slow answer is no trouble",
  ignore: python === null,
  fn: async () => {
    await using server = await startInflux(python!, { flushMs: 1_000 });
    await using series = await open(server);
    await series.write(foldOf([point({ minuteMs })]));
    const beganMs = performance.now();
    const folds = Array.from(
      { length: 24 },
      (_, i) => foldOf([point({ minuteMs, worker: `w${i}` })]),
    );
    const all = Promise.all(folds.map((fold) => series.write(fold)));
    await waitFor(() => series.counters().inFlight >= 24, "24 writes under way");
    await all;
    // One after another they would take 24 s.
    assertLess(performance.now() - beganMs, 15_000);
    assertEquals(series.counters().retries, 0);
  },
});

Deno.test({
  name:
    "influx: by TLS writes, questions and all the rest trust the certificate that is named, and no other",
  ignore: python === null,
  fn: async () => {
    await using server = await startInflux(python!, { tls: true, token: "t" });
    await using series = await open(server, { ca: server.pem!.ca, token: "t" });
    await series.write(foldOf([point({ minuteMs, shares: 2 })]));
    assertEquals(await shares(series), 2);
    await using stranger = await open(server, { access: "read", token: "t" });
    await assertRejects(() => stranger.health(), SeriesUnavailable);
  },
});

const CHILD = new URL("./child_fixture.ts", import.meta.url).pathname;

test("a process that is allowed the server's host and port, and nothing else, writes and asks", async (server) => {
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--ignore-env", `--allow-net=127.0.0.1:${server.port}`, CHILD],
      `${server.url}/${databaseName()}`,
    ],
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  assertEquals(JSON.parse(text.decode(stdout)), { shares: 9, top: 1 });
});
