import {
  type Bus,
  NotWritten,
  openBus,
  OutcomeUnknown,
  type OutRecord,
  type Placement,
} from "@gopool/bus";
import { silent } from "@gopool/runtime";
import { FakeClock, settle } from "@gopool/testing";
import { assertEquals, assertLessOrEqual } from "@std/assert";
import { OUTBOX_IN_FLIGHT, OUTBOX_MAX_RECORDS } from "./limits.ts";
import { Outbox, type Outcome } from "./outbox.ts";

/** A bus whose publishes end when and how the test says. */
class HeldBus {
  readonly calls: {
    records: readonly OutRecord[];
    resolve: () => void;
    reject: (error: Error) => void;
  }[] = [];

  publish(_topic: unknown, records: readonly OutRecord[]): Promise<Placement[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Placement[]>();
    this.calls.push({ records, resolve: () => resolve([]), reject });
    return promise;
  }
}

function outboxOn(bus: Pick<Bus, "publish">, clock = new FakeClock()) {
  return { clock, outbox: new Outbox({ bus: bus as Bus, clock, log: silent }) };
}

function records(count: number): OutRecord[] {
  return Array.from(
    { length: count },
    () => ({ key: new Uint8Array([1]), value: new Uint8Array(8) }),
  );
}

Deno.test("at most a few publishes are under way, in order; what comes meanwhile goes as one", async () => {
  const bus = new HeldBus();
  const { outbox } = outboxOn(bus);
  const told: number[] = [];
  for (let i = 0; i < 10; i++) outbox.put({ records: records(i + 1), settle: () => told.push(i) });
  assertEquals(bus.calls.map((call) => call.records.length), [1, 2, 3, 4]);
  assertEquals(bus.calls.length, OUTBOX_IN_FLIGHT);
  bus.calls[0]!.resolve();
  await settle();
  assertEquals(bus.calls[4]!.records.length, 5 + 6 + 7 + 8 + 9 + 10);
  for (const call of bus.calls) call.resolve();
  await outbox.drained();
  assertEquals(told.toSorted((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(outbox.depth, 0);
});

Deno.test("what was not written is tried again until its time is over, then refused", async () => {
  const bus = new HeldBus();
  const { outbox, clock } = outboxOn(bus);
  const outcomes: Outcome[] = [];
  outbox.put({ records: records(1), settle: (outcome) => outcomes.push(outcome) });
  bus.calls[0]!.reject(new NotWritten("away"));
  await clock.advance(300);
  assertEquals(bus.calls.length, 2);
  bus.calls[1]!.resolve();
  await settle();
  assertEquals(outcomes, ["written"]);
  outbox.put({ records: records(1), settle: (outcome) => outcomes.push(outcome) });
  for (let at = 2; outcomes.length < 2; at++) {
    bus.calls[at]!.reject(new NotWritten("away"));
    await clock.advance(300);
  }
  assertEquals(outcomes[1], "not-stored");
  assertLessOrEqual(clock.monotonic(), 31_000);
});

Deno.test("an unknown outcome is told at once and never tried again", async () => {
  const bus = new HeldBus();
  const { outbox } = outboxOn(bus);
  const outcomes: Outcome[] = [];
  outbox.put({ records: records(1), settle: (outcome) => outcomes.push(outcome) });
  bus.calls[0]!.reject(new OutcomeUnknown("broke"));
  await settle();
  assertEquals([outcomes, bus.calls.length], [["unknown"], 1]);
});

Deno.test("a bus that never answers leaves nobody waiting past the deadline", async () => {
  const bus = new HeldBus();
  const { outbox, clock } = outboxOn(bus);
  const outcomes: Outcome[] = [];
  for (let i = 0; i < 6; i++) {
    outbox.put({ records: records(1), settle: (outcome) => outcomes.push(outcome) });
  }
  await clock.advance(29_000);
  outbox.sweep();
  assertEquals(outcomes, []);
  await clock.advance(3_000);
  outbox.sweep();
  // Those never sent were certainly not written; of those under way nobody can say.
  assertEquals(outcomes.toSorted(), [
    "not-stored",
    "not-stored",
    "unknown",
    "unknown",
    "unknown",
    "unknown",
  ]);
  // A late success changes nothing any more.
  for (const call of bus.calls) call.resolve();
  await settle();
  assertEquals(outcomes.length, 6);
});

Deno.test("what nobody waits for any more is given up, and not tried again", async () => {
  const bus = new HeldBus();
  const { outbox, clock } = outboxOn(bus);
  const outcomes: Outcome[] = [];
  for (let i = 0; i < 6; i++) {
    outbox.put({ records: records(1), settle: (outcome) => outcomes.push(outcome) });
  }
  outbox.abandon();
  assertEquals(outcomes.toSorted(), [
    "not-stored",
    "not-stored",
    "unknown",
    "unknown",
    "unknown",
    "unknown",
  ]);
  await outbox.drained();
  for (const call of bus.calls) call.reject(new NotWritten("closed"));
  await clock.advance(60_000);
  assertEquals([bus.calls.length, outcomes.length], [4, 6]);
});

Deno.test("a full outbox refuses at once", () => {
  const { outbox } = outboxOn(new HeldBus());
  const outcomes: Outcome[] = [];
  outbox.put({ records: records(OUTBOX_MAX_RECORDS), settle: () => {} });
  outbox.put({ records: records(1), settle: (outcome) => outcomes.push(outcome) });
  assertEquals(outcomes, ["not-stored"]);
});

Deno.test("on a real bus the records of several turns keep their order", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  const outbox = new Outbox({ bus, clock, log: silent });
  for (let i = 0; i < 50; i++) {
    outbox.put({
      records: [{ key: new Uint8Array(4), value: new Uint8Array([i]) }],
      settle: () => {},
    });
  }
  await outbox.drained();
  const { shareSubmissions } = await import("@gopool/bus");
  const found: number[] = [];
  for await (const batch of bus.read(shareSubmissions, 0, 0)) {
    found.push(...batch.messages.map((m) => m.value[0]!));
  }
  assertEquals(found, Array.from({ length: 50 }, (_, i) => i));
});
