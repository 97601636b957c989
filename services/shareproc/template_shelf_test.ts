import { assertEquals } from "@std/assert";
import { type Bus, encodeRecord, miningTemplates, openBus } from "@gopool/bus";
import { FakeClock, waitFor } from "@gopool/testing";
import { POOL } from "./fixture.ts";
import { TEMPLATE_HORIZON_MS, TEMPLATES_IN_MEMORY } from "./limits.ts";
import { TemplateShelf } from "./template_shelf.ts";

const COUNT = TEMPLATES_IN_MEMORY + 5;

function publish(bus: Bus, n: number): Promise<unknown> {
  const template = { pool: POOL, id: `t${n}`, height: n, transactions: [Uint8Array.of(n)] };
  return bus.publish(miningTemplates, [encodeRecord(miningTemplates, template, { key: `t${n}` })]);
}

async function withShelf(
  bus: Bus,
  work: (shelf: TemplateShelf) => Promise<unknown>,
  malformed?: (offset: number) => void,
): Promise<void> {
  const stop = new AbortController();
  const shelf = new TemplateShelf(bus, malformed);
  const ready = Promise.withResolvers<void>();
  const onTrouble = () => {};
  const running = shelf.follow({ signal: stop.signal, caughtUp: ready.resolve, onTrouble });
  try {
    await ready.promise;
    await work(shelf);
  } finally {
    stop.abort();
    await running;
  }
}

Deno.test("an older template than those in memory is read from the log", async () => {
  await using bus = await openBus("memory:", { clock: new FakeClock() });
  for (let n = 0; n < COUNT; n++) await publish(bus, n);
  await withShelf(bus, async (shelf) => {
    assertEquals(shelf.held, TEMPLATES_IN_MEMORY);
    assertEquals((await shelf.get("t0"))?.transactions, [Uint8Array.of(0)]);
    assertEquals((await shelf.get(`t${COUNT - 1}`))?.height, COUNT - 1);
    assertEquals(await shelf.get("another"), undefined);
    await publish(bus, COUNT);
    await waitFor(() => shelf.get(`t${COUNT}`), "the new one");
  });
});

Deno.test("a template that retention took is no fault: it is not there", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  for (let n = 0; n < COUNT; n++) await publish(bus, n);
  await withShelf(bus, async (shelf) => {
    await clock.advance(TEMPLATE_HORIZON_MS + 60_000);
    // Retention looks when something is appended; the shelf hears of it with the same record.
    for (let n = COUNT; n < COUNT + 3; n++) {
      await publish(bus, n);
      await clock.advance(3_600_000);
    }
    assertEquals((await bus.ends(miningTemplates))[0]!.earliest >= COUNT, true);
    assertEquals(await shelf.get("t0"), undefined);
  });
});

Deno.test("the newest template is on the shelf after a restart, also when the nodes were away for a day", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock });
  await publish(bus, 7);
  await clock.advance(24 * 3_600_000);
  await withShelf(bus, async (shelf) => {
    assertEquals((await shelf.get("t7"))?.height, 7);
  });
});

Deno.test("a template that cannot be read is told, and keeps none behind it from the shelf", async () => {
  await using bus = await openBus("memory:", { clock: new FakeClock() });
  await bus.publish(miningTemplates, [{ key: new Uint8Array(), value: Uint8Array.of(0xff) }]);
  await publish(bus, 1);
  const told: number[] = [];
  await withShelf(bus, async (shelf) => {
    assertEquals((await shelf.get("t1"))?.height, 1);
  }, (offset) => told.push(offset));
  assertEquals(told, [0]);
});
