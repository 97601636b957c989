import { assertEquals, assertRejects } from "@std/assert";
import { type Bus, encodeRecord, openBus, shareSubmissions, shareValid } from "@gopool/bus";
import { create, JudgedShareSchema } from "@gopool/proto";
import { FakeClock } from "@gopool/testing";
import { LogMadeAgain, rebuild } from "./chain_of_valid.ts";
import { makeJob, makeShare, submission } from "./fixture.ts";
import { CLOCKS_MS } from "./limits.ts";
import { GROUP } from "./service.ts";

const JOB = makeJob("0000000100000000");

/** share.valid knows submissions up to this offset, logged at this time; share.submissions has these many. */
async function standing(
  offset: number,
  loggedAtMs: number,
  submissions: number,
  clock: FakeClock,
  headerHash?: Uint8Array,
) {
  const bus = await openBus("memory:", { clock, sharePartitions: 1 });
  const shares = Array.from({ length: submissions }, (_, n) => makeShare(JOB, n + 1));
  const known = create(JudgedShareSchema, {
    logId: "log",
    sourceOffset: BigInt(offset),
    previousValidOffset: -1n,
    loggedAtMs: BigInt(loggedAtMs),
    headerHash: headerHash ?? shares[offset]?.headerHash ?? new Uint8Array(32),
    jobId: JOB.id,
  });
  await bus.publish(shareValid, [encodeRecord(shareValid, known, { partition: 0 })]);
  for (const share of shares) await bus.publish(shareSubmissions, [submission(share, 0)]);
  return bus;
}

const rebuilt = (bus: Bus) => rebuild(bus, "log", 0, GROUP, new AbortController().signal);

Deno.test("a log that ends below what share.valid names was made again, and is not judged", async () => {
  const clock = new FakeClock();
  await using bus = await standing(9, clock.now(), 3, clock);
  const error = await assertRejects(() => rebuilt(bus), LogMadeAgain);
  assertEquals(error.message.includes("up to offset 9, but it ends before offset 3"), true);
});

Deno.test("so was one that has grown past it, by its log times", async () => {
  const clock = new FakeClock();
  await using bus = await standing(2, clock.now() - CLOCKS_MS - 1, 5, clock);
  const error = await assertRejects(() => rebuilt(bus), LogMadeAgain);
  assertEquals(error.message.includes("what stands at 0 was logged later"), true);
});

Deno.test("so was one that has grown past it at once: another share stands where the last valid one stood", async () => {
  const clock = new FakeClock();
  await using bus = await standing(2, clock.now(), 5, clock, new Uint8Array(32).fill(7));
  const error = await assertRejects(() => rebuilt(bus), LogMadeAgain);
  assertEquals(error.message.includes("what stands at 2 is another share than it names"), true);
});

Deno.test("a group that has not written its position begins again below the head, and that is no fault", async () => {
  const clock = new FakeClock();
  await using bus = await standing(2, clock.now(), 5, clock);
  assertEquals((await rebuilt(bus)).head, 2);
});
