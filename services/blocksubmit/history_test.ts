import { assertEquals } from "@std/assert";
import { blockFound, type Bus, encodeRecord } from "@gopool/bus";
import { BlockOutcome } from "@gopool/proto";
import { foundBelow } from "./history.ts";
import { openTestBus } from "./fixture.ts";

async function announce(bus: Bus, count: number, outcome: BlockOutcome): Promise<void> {
  for (let i = 0; i < count; i++) {
    const hash = new Uint8Array(32).fill(i).fill(outcome, 0, 1).fill(i >> 8, 1, 2);
    const facts = { pool: "test", hash, header: new Uint8Array(80), height: 1_000 + i };
    await bus.publish(blockFound, [encodeRecord(blockFound, { facts, outcome }, { key: hash })]);
  }
}

Deno.test("one rare outcome is found behind a thousand others without asking the bus a thousand times", async () => {
  await using bus = await openTestBus();
  await announce(bus, 2, BlockOutcome.LOST);
  await announce(bus, 1_000, BlockOutcome.ACCEPTED);
  let reads = 0;
  const counting = new Proxy(bus, {
    get(target, name) {
      if (name === "read") reads++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const lost = ({ outcome }: { outcome: BlockOutcome }) => outcome === BlockOutcome.LOST;
  const { signal } = new AbortController();
  const first = await foundBelow(counting, Infinity, 1, lost, signal);
  assertEquals(first.found.map(({ offset }) => offset), [1]);
  assertEquals(reads <= 20, true, `${reads} reads`);
  const second = await foundBelow(bus, first.below!, 1, lost, signal);
  assertEquals([second.found.map(({ offset }) => offset), second.below], [[0], null]);
});

Deno.test("a search that finds nothing stops where its bound is, and tells where to go on", async () => {
  await using bus = await openTestBus();
  await announce(bus, 700, BlockOutcome.ACCEPTED);
  const { signal } = new AbortController();
  const page = await foundBelow(bus, Infinity, 1, () => false, signal, 512);
  assertEquals(page, { found: [], below: 188 });
  assertEquals(await foundBelow(bus, 188, 1, () => false, signal), { found: [], below: null });
});
