import { assertEquals } from "@std/assert";
import { blockFound, encodeRecord, openBus } from "@gopool/bus";
import { BlockOutcome } from "@gopool/proto";
import { FakeClock } from "@gopool/testing";
import { NBITS, POOL, run, START_MS, tempSeries } from "./fixture.ts";

function found(n: number, change: { pool?: string; outcome?: BlockOutcome; nbits?: number } = {}) {
  const { pool = POOL, outcome = BlockOutcome.ACCEPTED, nbits = NBITS } = change;
  const header = new Uint8Array(80);
  new DataView(header.buffer).setUint32(72, nbits, true);
  const hash = new Uint8Array(32).fill(n);
  const foundAtMs = BigInt(START_MS + n * 1_000);
  const facts = { pool, account: "bc1qfinder", worker: "", header, hash, height: n, foundAtMs };
  return encodeRecord(blockFound, { facts, outcome }, { key: hash });
}

Deno.test("accepted blocks of this pool are kept once each; a new store has them again from the log", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await bus.publish(blockFound, [
    found(1),
    found(1),
    found(2, { outcome: BlockOutcome.LOST }),
    found(3, { pool: "other" }),
    // Bits that are no target.
    found(4, { nbits: 0 }),
    { key: new Uint8Array(), value: Uint8Array.of(0xff) },
    found(5),
  ]);
  const heights = async (series: Awaited<ReturnType<typeof tempSeries>>) =>
    (await series.blocks({ untilMs: START_MS * 2, limit: 10 })).map(({ height }) => height);
  {
    await using series = await tempSeries(clock);
    await using _ = await run({ bus, series, clock });
    await clock.advance(2_000);
    assertEquals(await heights(series), [5, 1]);
  }
  // The group stands at the end by now.
  await using series = await tempSeries(clock);
  await using _ = await run({ bus, series, clock });
  await clock.advance(2_000);
  assertEquals(await heights(series), [5, 1]);
});
