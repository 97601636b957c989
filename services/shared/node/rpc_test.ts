import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { accessOf } from "./access.ts";
import { NodeMalformed, NodeRefused, NodeUnavailable } from "./port.ts";
import { type FetchLike, LongPollOver, Rpc, TIMEOUT_MS } from "./rpc.ts";
import { openRpc, SECRET, unavailable, withLogin } from "./rpc_fixture.ts";
import { answering, Refusal, scriptedServer } from "./server_fixture.ts";

Deno.test("a call carries the login of the URL, percent-decoded, and gives the result", async () => {
  await using server = scriptedServer(answering({ getblockcount: () => 7 }));
  using opened = openRpc({ url: withLogin(server.url) });
  assertEquals(await opened.rpc.call("getblockcount"), 7);
  assertEquals(server.logins, [`Basic ${btoa(`pool:${SECRET}`)}`]);
});

Deno.test("without credentials there is no Authorization header", async () => {
  await using server = scriptedServer(answering({ getblockcount: () => 7 }));
  using opened = openRpc({ url: server.url });
  await opened.rpc.call("getblockcount");
  assertEquals(server.logins, [null]);
});

Deno.test("the cookie file is read once, and again when the node refuses its login", async () => {
  let cookie = "__cookie__:old\n";
  let reads = 0;
  const good = answering({ getblockcount: () => 7 });
  await using server = scriptedServer((asked, request) =>
    request.headers.get("authorization") === `Basic ${btoa(cookie.trim())}`
      ? good(asked)
      : new Response(null, { status: 401 })
  );
  using opened = openRpc({ url: server.url, cookieFile: "/cookie" }, () => {
    reads++;
    return Promise.resolve(cookie);
  });
  await opened.rpc.call("getblockcount");
  await opened.rpc.call("getblockcount");
  assertEquals(reads, 1);
  cookie = "__cookie__:new";
  assertEquals(await opened.rpc.call("getblockcount"), 7);
  assertEquals(reads, 2);
});

Deno.test("a cookie file that is not there yet is a node that cannot be logged in to", async () => {
  using opened = openRpc({ url: new URL("http://127.0.0.1:9"), cookieFile: "/no/such/.cookie" });
  const error = await unavailable(opened.rpc);
  assertEquals(error.why, "unauthorized");
  assertStringIncludes(error.message, "/no/such/.cookie (no such file");
});

Deno.test("HTTP 401 and 403 are sentences without the credentials", async () => {
  for (const [status, words] of [[401, /refuses the login/], [403, /rpcallowip/]] as const) {
    // A spiteful server that says back what it was told.
    await using server = scriptedServer((_, request) =>
      new Response(`${request.headers.get("authorization")} ${SECRET}`, { status })
    );
    using opened = openRpc({ url: withLogin(server.url) });
    const error = await unavailable(opened.rpc);
    assertEquals(error.why, "unauthorized");
    assertMatch(error.message, words);
    assertEquals(server.logins.length, 1);
  }
});

const codes: [number, string, NodeUnavailable["why"], RegExp][] = [
  [-28, "Loading block index…", "warming-up", /is starting: Loading block index…$/],
  [-10, "Bitcoin Core is in initial sync", "syncing", /still catching up/],
  [-9, "Bitcoin Core is not connected!", "not-connected", /has no peers/],
];
for (const [code, words, why, sentence] of codes) {
  Deno.test(`RPC error ${code} is a node that is ${why}`, async () => {
    await using server = scriptedServer(
      answering({ getblockcount: () => new Refusal(code, words) }),
    );
    using opened = openRpc({ url: server.url });
    const error = await unavailable(opened.rpc);
    assertEquals(error.why, why);
    assertMatch(error.message, sentence);
  });
}

Deno.test("any other RPC error is a refusal with its code and words, whatever the HTTP status", async () => {
  for (const status of [200, 404, 500]) {
    await using server = scriptedServer(() =>
      Response.json(
        { result: null, error: { code: -8, message: "Block height out of range" }, id: 1 },
        { status },
      )
    );
    using opened = openRpc({ url: server.url });
    const error = await assertRejects(() => opened.rpc.call("getblockhash", [9]), NodeRefused);
    assertEquals([error.method, error.code, error.words], [
      "getblockhash",
      -8,
      "Block height out of range",
    ]);
  }
});

Deno.test("a batch is one request, and gives results and errors in the order of the calls", async () => {
  const known = answering({ one: () => 1, two: () => new Refusal(-5, "Block not found") });
  await using server = scriptedServer((asked) => (known(asked) as unknown[]).toReversed());
  using opened = openRpc({ url: server.url });
  const [one, two] = await opened.rpc.batch([{ method: "one" }, { method: "two" }]);
  assertEquals(one, { ok: true, result: 1 });
  assert(two && !two.ok && two.error instanceof NodeRefused && two.error.code === -5);
  assertEquals(server.methods, ["one+two"]);
});

Deno.test("a batch that a starting node answers by one error throws that error", async () => {
  await using server = scriptedServer(() => ({
    result: null,
    error: { code: -28, message: "Verifying blocks…" },
    id: null,
  }));
  using opened = openRpc({ url: server.url });
  const error = await assertRejects(
    () => opened.rpc.batch([{ method: "one" }, { method: "two" }]),
    NodeUnavailable,
  );
  assertEquals(error.why, "warming-up");
});

const nonsense: [string, () => unknown, RegExp][] = [
  ["an empty body", () => new Response(""), /it is empty/],
  ["HTML", () => new Response("<html>"), /it is no JSON$/],
  ["a list", () => [], /no JSON-RPC/],
  ["a number", () => 5, /no JSON-RPC/],
  ["an object without result", () => ({ id: 1 }), /neither result nor error/],
  [
    "a batch's answer without one of its ids",
    () => [{ id: 99, result: 1, error: null }],
    /no JSON-/,
  ],
];
for (const [what, answer, words] of nonsense) {
  Deno.test(`${what} is a malformed answer`, async () => {
    await using server = scriptedServer(answer);
    using opened = openRpc({ url: server.url });
    const calls = what.startsWith("a batch")
      ? () => opened.rpc.batch([{ method: "getblockcount" }])
      : () => opened.rpc.call("getblockcount");
    const error = await assertRejects(calls, NodeMalformed);
    assertMatch(error.message, words);
  });
}

Deno.test("an answer without end is cut off at its bound", async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  await using server = scriptedServer(() =>
    new Response(new ReadableStream({ pull: (out) => out.enqueue(chunk) }))
  );
  using opened = openRpc({ url: server.url });
  await assertRejects(() => opened.rpc.call("getblockcount"), NodeMalformed, "longer than");
});

Deno.test("another HTTP status without RPC is a node that cannot be reached", async () => {
  for (const [status, words] of [[503, /too much to do/], [502, /HTTP 502 and no RPC/]] as const) {
    await using server = scriptedServer(() => new Response("no", { status }));
    using opened = openRpc({ url: server.url });
    const error = await unavailable(opened.rpc);
    assertEquals(error.why, "unreachable");
    assertMatch(error.message, words);
  }
});

Deno.test("each kind of call has its own time; a long poll that used it up is no fault", async () => {
  const clock = new FakeClock();
  const parked: FetchLike = (_, { signal }) =>
    new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  const access = accessOf({ url: new URL("http://127.0.0.1:8332") }, Deno.readTextFile);
  const rpc = new Rpc({ clock, access, fetch: parked, longFetch: parked });
  for (const kind of ["quick", "template", "propose", "submit", "longpoll"] as const) {
    let error: unknown = null;
    const asked = rpc.call("getblocktemplate", [], { kind }).catch((thrown) => error = thrown);
    await clock.advance(TIMEOUT_MS[kind] - 1);
    assertEquals(error, null);
    await clock.advance(1);
    await asked;
    if (kind === "longpoll") assert(error instanceof LongPollOver);
    else {
      assert(error instanceof NodeUnavailable);
      assertEquals(
        error.message,
        `127.0.0.1:8332 did not answer getblocktemplate within ${TIMEOUT_MS[kind] / 1000} s`,
      );
    }
    assertEquals(clock.sleepers, 0);
  }
});

Deno.test("long polls go on connections of their own", async () => {
  const ways: string[] = [];
  const way = (name: string): FetchLike => () => {
    ways.push(name);
    return Promise.resolve(Response.json({ result: null, error: null, id: 1 }));
  };
  const access = accessOf({ url: new URL("http://127.0.0.1:8332") }, Deno.readTextFile);
  const rpc = new Rpc({
    clock: new FakeClock(),
    access,
    fetch: way("calls"),
    longFetch: way("polls"),
  });
  await rpc.call("getblocktemplate", [], { kind: "longpoll" });
  await rpc.call("getblocktemplate", [], { kind: "template" });
  assertEquals(ways, ["polls", "calls"]);
});
