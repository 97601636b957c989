import { assert, assertRejects } from "@std/assert";
import { FakeClock, waitFor } from "@gopool/testing";
import { SeriesUnavailable } from "../port.ts";
import { openInflux } from "./mod.ts";

Deno.test("at the process's end a write to a server that is away is not tried again", async () => {
  const clock = new FakeClock();
  const over = new AbortController();
  // Nobody listens on port 1; who only reads does not wait for a server at the start.
  await using series = await openInflux("influx://127.0.0.1:1/gopool", {
    clock,
    raw: false,
    access: "read",
    signal: over.signal,
  });
  const figures = { hashrate: 1, accounts: 1, workers: 1, height: 1, networkDifficulty: 1 };
  const written = assertRejects(
    () => series.writeFigures({ ...figures, minuteMs: 29_500_000 * 60_000 }),
    SeriesUnavailable,
  );
  // By the clock of the test no pause between two tries ever ends.
  await waitFor(() => clock.sleepers > 0, "a pause between two tries");
  over.abort();
  await written;
  assert(series.counters().retries <= 1);
});
