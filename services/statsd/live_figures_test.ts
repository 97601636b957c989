import { assertEquals } from "@std/assert";
import { decode, openBus, statsLive } from "@gopool/bus";
import type { Figures, Series } from "@gopool/series";
import { FakeClock } from "@gopool/testing";
import { run, START_MS, tempSeries } from "./fixture.ts";

Deno.test("a store that does not answer holds up the figures of minutes, not what is told each second", async () => {
  const clock = new FakeClock(START_MS + 30_000);
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  const asked: Figures[] = [];
  const answer = Promise.withResolvers<void>();
  const silent: Series = new Proxy(series, {
    get(target, name) {
      if (name === "writeFigures") {
        return async (figures: Figures) => {
          asked.push(figures);
          await answer.promise;
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await using _ = await run({ bus, series: silent, clock });
  using _answered = { [Symbol.dispose]: () => answer.resolve() };
  await clock.advance(150_000);
  const last = await bus.last(statsLive, 0);
  assertEquals(clock.now() - Number(decode(statsLive, last!.value).atMs) < 2_500, true);
  assertEquals(asked.map(({ minuteMs }) => minuteMs), [START_MS]);
  answer.resolve();
  await clock.advance(5_000);
  assertEquals(asked.map(({ minuteMs }) => minuteMs), [0, 1, 2].map((n) => START_MS + n * 60_000));
});
