/**
 * What every bus promises, as tests. An adapter is right when it passes this, whatever it is made of.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import type { Bus } from "./port.ts";
import { shareSubmissions } from "./topics.ts";

export function busContract(adapter: string, open: (clock: FakeClock) => Promise<Bus>): void {
  Deno.test(`${adapter}: a group gets what was published, in order`, async () => {
    const clock = new FakeClock();
    await using bus = await open(clock);
    const stop = new AbortController();
    const got: number[] = [];
    const records = [1, 2, 3].map((n) => ({ partition: 0, value: new Uint8Array([n]) }));
    const placed = await bus.publish(shareSubmissions, records);
    assertEquals(placed.map((p) => p.offset), [0, 1, 2]);
    const options = { group: "g", batchMax: 2, signal: stop.signal };
    await bus.consume(shareSubmissions, options, (batch) => {
      got.push(...batch.messages.map((m) => m.value[0]!));
      if (got.length === 3) stop.abort();
      return Promise.resolve();
    });
    assertEquals(got, [1, 2, 3]);
    assertEquals(await bus.committed(shareSubmissions, "g"), [3, 0, 0, 0]);
  });
}
