import { FakeClock } from "@gopool/testing";
import { assertEquals } from "@std/assert";
import { Door, type DoorDeps } from "./door.ts";
import { ADDRESSES_MAX, ARRIVALS_SPAN_MS, REFUSALS_KEPT } from "./limits.ts";

const A = "203.0.113.1";
const B = "203.0.113.2";

function doorOf(over: Partial<DoorDeps> = {}) {
  const clock = new FakeClock();
  const door = new Door({
    clock,
    maxSessions: 1_000_000,
    maxSessionsPerAddress: 3,
    maxConnectsPerAddress: 100,
    others: () => 0,
    isBanned: () => false,
    ...over,
  });
  return { clock, door };
}

const times = (n: number, act: () => unknown) => Array.from({ length: n }, act);

Deno.test("each address has its own room; who leaves makes room", () => {
  const { door } = doorOf();
  assertEquals(times(4, () => door.enter(A)), [null, null, null, "too-many-sessions"]);
  assertEquals(door.enter(B), null);
  door.leave(A);
  assertEquals([door.enter(A), door.enter(A)], [null, "too-many-sessions"]);
  assertEquals(door.refused, {
    "gateway-full": 0,
    "too-many-sessions": 2,
    "too-many-connects": 0,
    banned: 0,
  });
});

Deno.test("the gateway as a whole is full at its own bound, whoever comes", () => {
  const { door } = doorOf({ maxSessions: 2 });
  assertEquals([door.enter(A), door.enter(B), door.enter("x")], [null, null, "gateway-full"]);
});

Deno.test("new connections of an address are bounded a minute, and the past minute fades", async () => {
  const { clock, door } = doorOf({ maxConnectsPerAddress: 10 });
  const comeAndGo = () => {
    const refusal = door.enter(A);
    if (refusal === null) door.leave(A);
    return refusal;
  };
  const letIn = (tries: number) => times(tries, comeAndGo).filter((r) => r === null).length;
  assertEquals(letIn(20), 10);
  assertEquals(door.enter(B), null);
  await clock.advance(ARRIVALS_SPAN_MS - 1);
  assertEquals(letIn(20), 0);
  // Half of the minute before reaches into the last sixty seconds.
  await clock.advance(1 + ARRIVALS_SPAN_MS / 2);
  assertEquals(letIn(20), 5);
  await clock.advance(2 * ARRIVALS_SPAN_MS);
  assertEquals(letIn(20), 10);
});

Deno.test("what the other gateways have counts, and only what may come to count is told them", () => {
  const others = new Map([[`sessions-from:${A}`, 60], [`connects-from:${B}`, 630]]);
  const { door } = doorOf({
    maxSessionsPerAddress: 64,
    maxConnectsPerAddress: 640,
    others: (key) => others.get(key) ?? 0,
  });
  assertEquals(times(6, () => door.enter(A)).filter((r) => r === null).length, 4);
  assertEquals(times(20, () => door.enter(B)).filter((r) => r === null).length, 10);
  assertEquals([...door.levels()], [
    { key: `sessions-from:${A}`, level: 4 },
    { key: `sessions-from:${B}`, level: 10 },
    { key: `connects-from:${B}`, level: 10 },
  ]);
  others.clear();
  assertEquals(door.enter(A), null);
});

Deno.test("a flood from ever new addresses is not remembered past a bound; the others are forgotten in time", async () => {
  const { clock, door } = doorOf();
  for (let i = 0; i < 2 * ADDRESSES_MAX; i++) {
    door.enter(`flood-${i}`);
    door.leave(`flood-${i}`);
  }
  assertEquals(door.addresses, ADDRESSES_MAX);
  const { door: small } = doorOf({ clock, maxSessionsPerAddress: 1, maxConnectsPerAddress: 1 });
  small.enter(A);
  small.leave(A);
  assertEquals([...small.levels()].length, 1);
  await clock.advance(2 * ARRIVALS_SPAN_MS);
  small.sweep();
  assertEquals([small.addresses, [...small.levels()].length], [0, 0]);
});

Deno.test("a banned address is not let in; the last refusals are kept, newest first, of a bounded number", () => {
  const { clock, door } = doorOf({ isBanned: (address) => address === `::ffff:${B}` });
  assertEquals([door.enter(B, `::ffff:${B}`), door.enter(B, B)], ["banned", null]);
  assertEquals(door.lastRefused, [{
    atMs: clock.now(),
    address: `::ffff:${B}`,
    refusal: "banned",
  }]);
  times(3, () => door.enter(A));
  for (let i = 0; i < 2 * REFUSALS_KEPT + 7; i++) door.enter(A, `a${i}`);
  const last = door.lastRefused;
  assertEquals([last.length, last[0]!.address], [REFUSALS_KEPT, `a${2 * REFUSALS_KEPT + 6}`]);
  assertEquals(last.at(-1)!.address, `a${REFUSALS_KEPT + 7}`);
});
