import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeClock, settle } from "@gopool/testing";
import { tipOf } from "./node_fixture.ts";
import { Watched } from "./watch_fixture.ts";
import { LONG_POLL_PAUSE_MS, POLL_MS, RETRY_MS, watchTips } from "./watch.ts";

Deno.test("watch() tells the tip as found, then nothing while nothing changes", async () => {
  await using node = new Watched();
  await node.start();
  await node.clock.advance(60_000);
  assertEquals(node.told, ["one"]);
  assertEquals(node.asked.tip, 1);
  assert(node.parked);
});

Deno.test("watch() tells the first tip at once, whichever question is answered first", async () => {
  for (const chain of [0, 50, 120]) {
    for (const template of [0, 50, 120, 200]) {
      for (const tip of [0, 50]) {
        await using node = new Watched();
        node.delayMs = { chain, tip, template };
        await node.start({ zmq: true });
        await node.clock.advance(2 * chain + tip + 1);
        assertEquals(node.told, ["one"], JSON.stringify(node.delayMs));
        await node.clock.advance(LONG_POLL_PAUSE_MS);
        node.find("two", 2);
        node.wakeLongPoll();
        await node.clock.advance(template + tip + 1);
        assertEquals(node.told, ["one", "two"], JSON.stringify(node.delayMs));
        await node.clock.advance(1_000);
      }
    }
  }
});

Deno.test("watch() is woken by the long poll", async () => {
  await using node = new Watched();
  await node.start();
  await node.clock.advance(LONG_POLL_PAUSE_MS);
  node.find("two", 2);
  node.wakeLongPoll();
  await settle();
  assertEquals(node.told, ["one", "two"]);
});

Deno.test("watch() is woken by a ZMQ notice, and asks once however many come", async () => {
  await using node = new Watched();
  await node.start({ zmq: true });
  const before = node.asked.tip;
  node.find("two", 2);
  node.notices.put({ hash: node.best.hash, missed: 0 });
  await settle();
  node.notices.put({ hash: node.best.hash, missed: 0 });
  await settle();
  assertEquals(node.told, ["one", "two"]);
  assertEquals(node.asked.tip, before + 1);
});

Deno.test("watch() asks what the best block is, whatever block a notice names", async () => {
  await using node = new Watched();
  await node.start({ zmq: true });
  node.find("three", 3);
  node.notices.put({ hash: tipOf("two", 2).hash, missed: 0 });
  await settle();
  assertEquals(node.told, ["one", "three"]);
});

Deno.test("watch() notices by the slow poll what long poll and ZMQ missed", async () => {
  await using node = new Watched();
  await node.start({ zmq: true });
  node.find("two", 2);
  await node.clock.advance(POLL_MS);
  assertEquals(node.told, ["one", "two"]);
});

Deno.test("watch() goes on without notices where they end at once", async () => {
  await using node = new Watched();
  await node.start({ zmqEnds: true });
  await node.clock.advance(POLL_MS);
  node.find("two", 2);
  node.wakeLongPoll();
  await settle();
  assertEquals(node.told, ["one", "two"]);
});

Deno.test("watch() waits for a node that is away, forever, and goes on when it is back", async () => {
  await using node = new Watched();
  node.away = true;
  await node.start({ zmq: true });
  node.notices.put({ hash: tipOf("any", 1).hash, missed: 0 });
  await node.clock.advance(3_600_000);
  assertEquals(node.told, []);
  node.away = false;
  await node.clock.advance(RETRY_MS);
  assertEquals(node.told, ["one"]);
  node.away = true;
  node.wakeLongPoll();
  await node.clock.advance(3_600_000);
  node.away = false;
  node.find("two", 2);
  await node.clock.advance(RETRY_MS);
  assertEquals(node.told, ["one", "two"]);
});

Deno.test("watch() tells no tip of a node that is syncing, whatever wakes it", async () => {
  await using node = new Watched();
  node.syncing = true;
  await node.start({ zmq: true });
  for (let height = 2; height < 9; height++) {
    node.find(`old ${height}`, height);
    node.wakeLongPoll();
    node.notices.put({ hash: node.best.hash, missed: 0 });
    await node.clock.advance(POLL_MS);
  }
  assertEquals(node.told, []);
  node.syncing = false;
  await node.clock.advance(POLL_MS);
  assertEquals(node.told, ["old 8"]);
});

Deno.test("watch() asks first whether a node that was away is syncing now", async () => {
  await using node = new Watched();
  await node.start();
  await node.clock.advance(LONG_POLL_PAUSE_MS);
  node.away = true;
  node.wakeLongPoll();
  await node.clock.advance(10_000);
  node.away = false;
  // The long poll is answered first.
  node.delayMs.chain = 50;
  node.syncing = true;
  node.find("old", 1);
  await node.clock.advance(60_000);
  assertEquals(node.told, ["one"]);
});

Deno.test("watch() parks its long poll again at once, though ZMQ told the block first", async () => {
  await using node = new Watched();
  await node.start({ zmq: true });
  for (let height = 2; height < 9; height++) {
    assert(node.parked, `parked at ${height}`);
    node.find(`tip ${height}`, height);
    node.notices.put({ hash: node.best.hash, missed: 0 });
    await settle();
    node.wakeLongPoll();
    await settle();
  }
  assertEquals(node.told.length, 8);
});

Deno.test("watch() loses no block that is found while it looks, at whatever step", async () => {
  for (let steps = 0; steps < 24; steps++) {
    await using node = new Watched();
    await node.start({ zmq: true });
    node.find("two", 2);
    node.notices.put({ hash: node.best.hash, missed: 0 });
    for (let step = 0; step < steps; step++) await null;
    node.find("three", 3);
    node.wakeLongPoll();
    await settle();
    assertEquals(node.told.at(-1), "three", `${steps} steps`);
  }
});

Deno.test("watch() asks an unfit node for a template, though its long poll is parked", async () => {
  await using node = new Watched();
  await node.start();
  await node.clock.advance(60_000);
  assertEquals(node.asked.template, 2);
  node.health.ok = false;
  await node.clock.advance(POLL_MS);
  assertEquals(node.asked.template, 3);
});

Deno.test("watch() does not hammer a node that does not park long polls, or has none", async () => {
  for (const way of ["impatient", "without"] as const) {
    await using node = new Watched();
    if (way === "impatient") node.impatient = true;
    else node.longPolls = false;
    await node.start();
    // The tip moves on without being told, as while syncing: that is no reason to ask faster.
    node.syncing = true;
    await node.clock.advance(30_000);
    node.find("hidden", 1);
    await node.clock.advance(30_000);
    node.syncing = false;
    const most = way === "impatient" ? 60_000 / LONG_POLL_PAUSE_MS : 60_000 / POLL_MS;
    assert(node.asked.template <= most + 5, `${way}: ${node.asked.template} templates a minute`);
    node.find("two", 2);
    await node.clock.advance(POLL_MS);
    assertEquals(node.told, ["one", "two"]);
  }
});

Deno.test("watch() tells a tip once when all three notice it", async () => {
  await using node = new Watched();
  await node.start({ zmq: true });
  for (let height = 2; height < 50; height++) {
    await node.clock.advance(POLL_MS - 1);
    node.find(`tip ${height}`, height);
    node.notices.put({ hash: node.best.hash, missed: 0 });
    node.wakeLongPoll();
    await node.clock.advance(1);
  }
  assertEquals(node.told.length, 49);
  assertEquals(new Set(node.told).size, 49);
});

Deno.test("watch() ends with a fault that is no node's", async () => {
  const clock = new FakeClock();
  const fault = new TypeError("a fault of ours");
  const node = {
    health: { ok: true, detail: "" },
    chain: () => Promise.reject(fault),
    tip: () => Promise.reject(fault),
    template: () => Promise.reject(fault),
  };
  const tips = watchTips({ node, clock }, new AbortController().signal);
  await assertRejects(() => tips.next());
  assertEquals(clock.sleepers, 0);
});

Deno.test("watch() says who noticed a tip first, and when that was, not when it was answered", async () => {
  await using node = new Watched();
  node.longPolls = true;
  await node.start({ zmq: true });
  await node.clock.advance(LONG_POLL_PAUSE_MS);
  node.delayMs = { chain: 0, tip: 30, template: 0 };
  node.find("two", 2);
  node.notices.put({ hash: node.best.hash, missed: 0 });
  await node.clock.advance(10);
  node.wakeLongPoll();
  await node.clock.advance(90);
  node.find("three", 3);
  node.wakeLongPoll();
  await settle();
  node.notices.put({ hash: node.best.hash, missed: 0 });
  await node.clock.advance(100);
  node.find("four", 4);
  await node.clock.advance(POLL_MS);
  assertEquals(node.told, ["one", "two", "three", "four"]);
  assertEquals(node.noticed, ["poll 0", "zmq 1000", "long-poll 1100", `poll ${POLL_MS}`]);
});

Deno.test("watch() says of a tip that came during a look who noticed it first, not who asked for that look", async () => {
  await using node = new Watched();
  await node.start({ zmq: true });
  await node.clock.advance(POLL_MS - 20);
  node.delayMs = { chain: 0, tip: 30, template: 0 };
  node.find("two", 2);
  node.wakeLongPoll();
  await node.clock.advance(10);
  node.find("three", 3);
  node.notices.put({ hash: node.best.hash, missed: 0 });
  await node.clock.advance(80); // the slow poll notices too
  assertEquals(node.told, ["one", "two", "three"]);
  assertEquals(node.noticed, ["poll 0", `long-poll ${POLL_MS - 20}`, `zmq ${POLL_MS - 10}`]);
});
