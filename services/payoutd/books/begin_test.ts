import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Bus, openBus, shareValid } from "@gopool/bus";
import type { FreshLedger } from "@gopool/ledger/fixture";
import { openShareLog, shareLogs } from "@gopool/ledger/shares";
import { FakeClock } from "@gopool/testing";
import {
  address,
  openBooks,
  publishValid,
  standsAt,
  validShare,
  withKeeper,
  works,
} from "../shares/fixture.ts";
import { waitFor } from "@gopool/testing";
import { begin, BeginRefused } from "./begin.ts";

const ORDER = { actor: { who: "Ada", method: "a try", reason: "a test" }, abandon: false };
const DAY_MS = 86_400_000;

function orderOn(ledger: FreshLedger, bus: Bus, clock: FakeClock, oldBus: Bus | null = null) {
  return async (more: Partial<typeof ORDER> = {}) =>
    await begin(
      { ledger, bus, oldBus, logId: await bus.logId(), nowMs: clock.now() },
      { ...ORDER, ...more },
    );
}

async function memory(clock: FakeClock): Promise<Bus> {
  return await openBus("memory:", { clock, sharePartitions: 1 });
}

/** Shares with these source offsets, each after the one before it. */
async function share(bus: Bus, clock: FakeClock, ...offsets: readonly number[]): Promise<void> {
  const logId = await bus.logId();
  await publishValid(
    bus,
    offsets.map((offset) =>
      validShare(offset, offset - 1, { logId, work: 1n, loggedAtMs: clock.now() })
    ),
  );
}

async function apply(
  ledger: FreshLedger,
  bus: Bus,
  clock: FakeClock,
  until: number,
): Promise<void> {
  await withKeeper(
    bus,
    ledger,
    () => waitFor(async () => (await standsAt(ledger))?.source === until, "the shares"),
    { clock },
  );
}

Deno.test("books begin in the middle of a log whose head retention has cut", async () => {
  const clock = new FakeClock();
  await using bus = await memory(clock);
  await using ledger = await openBooks();
  await share(bus, clock, 0, 1, 2);
  await clock.advance(40 * DAY_MS);
  await share(bus, clock, 3, 4);
  assertEquals((await bus.ends(shareValid))[0]!.earliest, 3);
  const { opened, closed, beginsAtMs } = await orderOn(ledger, bus, clock)();
  assertEquals([closed, opened.id, beginsAtMs], [null, await bus.logId(), clock.now()]);
  await apply(ledger, bus, clock, 4);
  assertEquals(await works(ledger), { [address(1)]: 2n });
  const [adjustment] = await ledger.ask("SELECT kind, operator, reason FROM adjustment");
  assertEquals(adjustment, { kind: "begin", operator: "Ada", reason: "a test" });
  await assertRejects(orderOn(ledger, bus, clock), BeginRefused, "there is nothing to begin");
});

Deno.test("a first share that nobody can link is where the books begin, and is said", async () => {
  const clock = new FakeClock();
  await using bus = await memory(clock);
  await using ledger = await openBooks();
  const logId = await bus.logId();
  const loggedAtMs = clock.now();
  await publishValid(bus, [
    validShare(7, -2, { logId, loggedAtMs }),
    validShare(9, 7, { logId, work: 3n, loggedAtMs }),
  ]);
  const { notes, beginsAtMs } = await orderOn(ledger, bus, clock)();
  assertStringIncludes(notes[0]!, "(source offset 7) is not counted");
  assertEquals(beginsAtMs, loggedAtMs + 1);
  await apply(ledger, bus, clock, 9);
  assertEquals(await works(ledger), { [address(1)]: 3n });
});

Deno.test("another log is begun when the old one is applied to its end, and its bus says so", async () => {
  const clock = new FakeClock();
  await using old = await memory(clock);
  await using ledger = await openBooks();
  await share(old, clock, 0, 1);
  await apply(ledger, old, clock, 1);
  await using bus = await memory(clock);
  await assertRejects(orderOn(ledger, bus, clock), BeginRefused, "name it with --old-bus");
  await share(old, clock, 2);
  await assertRejects(
    orderOn(ledger, bus, clock, old),
    BeginRefused,
    "share.valid/0 is applied up to offset 2 of 3",
  );
  assertEquals((await ledger.ask("SELECT FROM adjustment")).length, 0, "nothing was written");
  await apply(ledger, old, clock, 2);
  await ledger.ask(
    `INSERT INTO block (hash, height, found_at_ms, nbits, origin, job_id, variant, finder, worker, gateway)
     VALUES (sha256('a'), 1, 0, 0, 'found', '', 0, '', '', '')`,
  );
  await assertRejects(orderOn(ledger, bus, clock, old), BeginRefused, "is not settled");
  await clock.advance(1_000);
  await share(bus, clock, 0);
  const { closed, opened } = await orderOn(ledger, bus, clock, old)({ abandon: true });
  assertEquals(closed?.positions.map(({ sourceOffset }) => sourceOffset), [2]);
  assertEquals(opened.positions.map(({ sourceOffset }) => sourceOffset), [-1]);
  await apply(ledger, bus, clock, 0);
  assertEquals(await works(ledger), { [address(1)]: 4n }, "the slices go on across logs");
});

Deno.test("a log whose shares are not later than the last applied is refused", async () => {
  const clock = new FakeClock();
  await using bus = await memory(clock);
  await share(bus, clock, 0);
  await clock.advance(1_000);
  await using old = await memory(clock);
  await using ledger = await openBooks();
  await share(old, clock, 0);
  await apply(ledger, old, clock, 0);
  await assertRejects(
    orderOn(ledger, bus, clock, old),
    BeginRefused,
    "a log that is not later cannot follow",
  );
  assertEquals(
    (await ledger.transaction(openShareLog))?.id,
    await old.logId(),
    "the old one is open still",
  );
});

/** A bus that is called like another. */
function named(bus: Bus, logId: string): Bus {
  return new Proxy(bus, {
    get(target, key) {
      if (key === "logId") return () => Promise.resolve(logId);
      const value = target[key as keyof Bus];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("a log that lost what was not read goes on behind the loss; what was counted does not count again", async () => {
  const clock = new FakeClock();
  await using bus = await memory(clock);
  await using ledger = await openBooks();
  await share(bus, clock, 0);
  await apply(ledger, bus, clock, 0);
  await share(bus, clock, 1);
  await clock.advance(40 * DAY_MS);
  // The group's position would hold retention up: as if it had been lost.
  await using again = await memory(clock);
  const logId = await bus.logId();
  const loggedAtMs = clock.now();
  await publishValid(again, [validShare(0, -1), validShare(1, 0)]);
  await clock.advance(40 * DAY_MS);
  await publishValid(again, [validShare(2, 1, { logId, loggedAtMs, work: 5n })]);
  const order = orderOn(ledger, named(again, logId), clock);
  await assertRejects(order, BeginRefused, "share.valid/0 is applied up to offset 1 of 3");
  const { notes } = await order({ abandon: true });
  assertStringIncludes(notes[0]!, "Given up: share.valid/0 is applied up to offset 1 of 3");
  assertEquals((await ledger.transaction(shareLogs)).map(({ id }) => id), [logId, logId]);
  assertEquals(await standsAt(ledger), { source: 1, next: 2 });
});
