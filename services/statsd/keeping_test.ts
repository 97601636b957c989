import { assertEquals } from "@std/assert";
import { openBus, shareRejected, shareValid } from "@gopool/bus";
import { Reason } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { isWritten, judgedShare, put, run, START_MS, tempSeries, WORK_1 } from "./fixture.ts";

const MINUTE = { fromMs: START_MS, untilMs: START_MS + 60_000 };
const pool = { kind: "pool" } as const;

Deno.test("shares of all topics are in the store within a moment, each once", async () => {
  await using bus = await openBus("memory:", { clock: systemClock, sharePartitions: 2 });
  await using series = await tempSeries(systemClock);
  await using running = await run({ bus, series, clock: systemClock });
  await put(bus, shareValid, 0, judgedShare(0), judgedShare(1, { difficulty: 4 }));
  await put(bus, shareValid, 1, judgedShare(0, { sourcePartition: 1 }));
  await put(bus, shareRejected, 0, judgedShare(2, { reason: Reason.LOW_DIFFICULTY, unlisted: 4 }));
  await waitFor(() => isWritten(bus, running), "all of it in the store");
  const [sum] = await series.sums(pool, [MINUTE]);
  assertEquals(sum!.valid.shares, 3);
  assertEquals(Math.round(sum!.valid.work / WORK_1), 6);
  assertEquals([sum!.rejected, sum!.stale, sum!.reasons], [5, 0, { "low-difficulty": 5 }]);
  assertEquals(sum!.best.difficulty, 4);
});
