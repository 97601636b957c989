import { assertEquals } from "@std/assert";
import { Code } from "@gopool/control";
import { refusal } from "@gopool/control/gateway";
import { openState } from "@gopool/state";
import { captureLog, FakeClock, settle } from "@gopool/testing";
import { Counts } from "./counts.ts";
import { createFront } from "./front.ts";
import { Limiter } from "./limiter.ts";
import { COMPUTED_TOKENS, REQUESTS_MAX } from "./limits.ts";
import { RENEWALS_MAX } from "./limits.ts";
import type { Places } from "./places.ts";
import { Ready } from "./ready.ts";

const TTL = { freshMs: 10_000, staleMs: 10_000 };

/** A front before one place, which answers when it is let. */
async function stand(rate: { rate: number; burst: number } | null = null) {
  const clock = new FakeClock();
  const { log, lines } = captureLog();
  const counts = new Counts();
  const ready = new Ready();
  const place = {
    asked: 0,
    say: (_request: Request): Response => new Response(`answer ${place.asked}`),
    hold: Promise.resolve(),
  };
  let generation = 0;
  const places: Places = {
    keyOf: (path) => path,
    isComputed: ({ url }) => !url.includes("/file"),
    ttlOf: (_, path) => path.startsWith("/kept") ? TTL : null,
    async answer(request) {
      place.asked++;
      await place.hold;
      return { route: "place", response: place.say(request) };
    },
  };
  const observe = () => {};
  const limiter = rate === null
    ? null
    : new Limiter({ state: await openState("memory:", { clock }), clock, pool: "gopool", ...rate });
  const front = createFront({
    places,
    ready,
    generation: () => String(generation),
    limiter,
    counts,
    clock,
    log,
    settings: {
      apiOrigins: "*",
      apiTrustedProxies: [],
      apiRate: rate?.rate ?? 0,
      apiBurst: rate?.burst ?? 1,
    },
    seconds: { ready: { observe }, made: { observe } },
  });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await front.answer(new Request(`http://pool${path}`, init), "192.0.2.1");
    const left = Number(/;r=(\d+);/.exec(response.headers.get("ratelimit") ?? "")?.[1] ?? NaN);
    return { status: response.status, left, text: await response.text() };
  };
  const flush = () => {
    generation++;
    ready.clear();
  };
  return { clock, lines, counts, ready, place, front, ask, flush };
}

Deno.test("all who ask at once for what is kept share one question, whatever comes of it", async () => {
  const { place, ask } = await stand();
  const all = async () => {
    const held = Promise.withResolvers<void>();
    place.hold = held.promise;
    const asked = Array.from({ length: 20 }, () => ask("/kept/a"));
    await settle();
    held.resolve();
    return await Promise.all(asked);
  };
  place.say = () => refusal(Code.Unavailable, "away");
  const refused = await all();
  assertEquals([...new Set(refused.map(({ status }) => status))], [503]);
  assertEquals(new Set(refused.map(({ text }) => text)).size, 1);
  assertEquals(place.asked, 1);
  place.say = () => new Response("well");
  assertEquals([...new Set((await all()).map(({ text }) => text))], ["well"]);
  assertEquals(place.asked, 2, "a refusal is not kept");
});

Deno.test("an answer is given for a while longer while a new one is made", async () => {
  const { clock, place, ask, counts } = await stand();
  assertEquals((await ask("/kept/a")).text, "answer 1");
  await clock.advance(TTL.freshMs);
  assertEquals((await ask("/kept/a")).text, "answer 1");
  await settle();
  assertEquals([place.asked, counts.kept.stale], [2, 1]);
  assertEquals((await ask("/kept/a")).text, "answer 2");
  await clock.advance(TTL.freshMs + TTL.staleMs);
  assertEquals((await ask("/kept/a")).text, "answer 3", "too old to be given");
});

Deno.test("of answers that grow old together a few are made anew at once, the others when they are asked for again", async () => {
  const { clock, place, ask } = await stand();
  const paths = Array.from({ length: 3 * RENEWALS_MAX }, (_, i) => `/kept/${i}`);
  for (const path of paths) await ask(path);
  await clock.advance(TTL.freshMs);
  const held = Promise.withResolvers<void>();
  place.hold = held.promise;
  const again = async () => {
    for (const path of paths) assertEquals((await ask(path)).status, 200);
    await settle();
    return place.asked - paths.length;
  };
  assertEquals(await again(), RENEWALS_MAX, "nobody waited, and four were begun");
  assertEquals(await again(), RENEWALS_MAX);
  held.resolve();
  await settle();
  assertEquals(await again(), paths.length, "each as soon as one before it is made");
});

Deno.test("a fault while a new one is made is told to the log, and the old one is given", async () => {
  const { clock, place, ask, lines } = await stand();
  await ask("/kept/a");
  await clock.advance(TTL.freshMs);
  place.say = () => {
    throw new Error("broken");
  };
  assertEquals((await ask("/kept/a")).text, "answer 1");
  await settle();
  assertEquals(lines.map(({ level }) => level), ["error"]);
  const { status, text } = await ask("/other");
  assertEquals([status, JSON.parse(text).code], [500, "internal"]);
});

Deno.test("what was asked for before a flush is not kept after it", async () => {
  const { place, ask, flush, ready } = await stand();
  const held = Promise.withResolvers<void>();
  place.hold = held.promise;
  const early = ask("/kept/a");
  await settle();
  flush();
  held.resolve();
  assertEquals((await early).text, "answer 1");
  assertEquals(ready.count, 0);
  assertEquals((await ask("/kept/a")).text, "answer 2");
});

Deno.test("too much under way is turned away, but for what is ready", async () => {
  const { place, ask, counts, front } = await stand();
  await ask("/kept/a");
  const held = Promise.withResolvers<void>();
  place.hold = held.promise;
  const many = Array.from({ length: REQUESTS_MAX }, (_, i) => ask(`/other/${i}`));
  await settle();
  assertEquals(front.underWay, REQUESTS_MAX);
  assertEquals((await ask("/other/more")).status, 503);
  assertEquals((await ask("/kept/a")).status, 200);
  assertEquals(counts.busy, 1);
  held.resolve();
  assertEquals((await Promise.all(many)).filter(({ status }) => status !== 200), []);
  assertEquals(front.underWay, 0);
});

Deno.test("a question is the caller's own where its answer is not kept", async () => {
  const { place, ask } = await stand();
  place.say = (request) => new Response(request.headers.get("x-own"));
  const headers = { "x-own": "mine" };
  assertEquals((await ask("/other", { headers })).text, "mine");
  assertEquals((await ask("/kept/a", { headers })).text, "");
  assertEquals((await ask("/kept/b", { method: "POST", headers })).text, "mine");
});

Deno.test("what has to be computed costs more than what is ready, and who waits for it pays nothing for it", async () => {
  const { ask, clock, place } = await stand({ rate: 1, burst: 200 });
  const dear = 1 + COMPUTED_TOKENS;
  const lefts = async (...paths: string[]) => {
    const found: number[] = [];
    for (const path of paths) found.push((await ask(path)).left);
    return found;
  };
  assertEquals(await lefts("/kept/a", "/kept/a", "/file", "/other", "/other"), [
    200 - dear,
    199 - dear,
    198 - dear,
    198 - 2 * dear,
    198 - 3 * dear,
  ]);
  // All but one of them wait.
  const held = Promise.withResolvers<void>();
  place.hold = held.promise;
  const all = Array.from({ length: 5 }, () => ask("/kept/b"));
  await settle();
  held.resolve();
  const left = Math.min(...(await Promise.all(all)).map((one) => one.left));
  assertEquals(left, 194 - 4 * dear);
  await clock.advance(TTL.freshMs);
  const asked = place.asked;
  // Ten tokens came back; an answer that is made anew is computed, too.
  assertEquals((await ask("/kept/a")).left <= left + 10 - dear, true);
  assertEquals(place.asked, asked + 1);
});

Deno.test("questions that nobody asked before run dry soon, a page's own do not", async () => {
  const { ask, place } = await stand({ rate: 1, burst: 200 });
  const page = Array.from({ length: 10 }, (_, i) => `/kept/${i}`);
  for (const path of [...page, ...page, "/file/1", "/file/2"]) {
    assertEquals((await ask(path)).status, 200, path);
  }
  const before = place.asked;
  let refused = 0;
  for (let i = 0; i < 100; i++) if ((await ask(`/kept?page=${i}`)).status === 429) refused++;
  assertEquals(place.asked - before, 100 - refused);
  assertEquals(place.asked - before <= 30, true, `${place.asked - before} were computed`);
});

Deno.test("who may do little at once still opens a page", async () => {
  const { ask } = await stand({ rate: 1, burst: 10 });
  for (let i = 0; i < 10; i++) assertEquals((await ask(`/kept/${i}`)).status, 200);
  assertEquals((await ask("/kept/10")).status, 429);
});
