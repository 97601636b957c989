/**
 * Guarantee 2 as a property: whatever is submitted twice, written twice, half written or interrupted, a reader of
 * share.valid counts every share that was answered true exactly once.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  type Bus,
  CONSUME_RETRY,
  NotWritten,
  openBus,
  OutcomeUnknown,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { Reason, Verdict } from "@gopool/proto";
import { type Clock, createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { ruleOn, startOf } from "@gopool/shares";
import { waitFor } from "@gopool/testing";
import { judgedOn, makeJob, makeShare, POOL, publishJob, submission } from "./fixture.ts";
import { createShareproc, GROUP } from "./service.ts";

const JOB = makeJob("0000000100000000");
/** Ready-made shares; the property picks among them, so that repeats are common. */
const SHARES = Array.from({ length: 12 }, (_, n) => makeShare(JOB, n));

/** Time in which a pause is a moment: retries come at once. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms >= CONSUME_RETRY.firstMs ? 1 : ms, signal),
};

type Fault = "none" | "not-written" | "written-unknown" | "unwritten-unknown";

/** A bus whose publishes to the result topics fail as the next of `faults` says. */
function faulty(bus: Bus, faults: Fault[]): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
      return async (...args: Parameters<Bus["publish"]>) => {
        const fault = args[0].name.startsWith("share.") ? faults.shift() : "none";
        if (fault === "not-written") throw new NotWritten("the broker is away");
        if (fault === "unwritten-unknown") throw new OutcomeUnknown("no answer");
        const placements = await target.publish(...args);
        if (fault === "written-unknown") throw new OutcomeUnknown("no answer");
        return placements;
      };
    },
  });
}

/** One life of a judge: what is submitted before it, which of its publishes fail, whether it is left to finish. */
const life = fc.record({
  submitted: fc.array(
    fc.record({ share: fc.nat(SHARES.length - 1), refused: fc.boolean() }),
    { maxLength: 8 },
  ),
  faults: fc.array(
    fc.constantFrom<Fault>("none", "not-written", "written-unknown", "unwritten-unknown"),
    { maxLength: 6 },
  ),
  /** Ends the judge after so many of its publishes; past the last it finishes. */
  endAfter: fc.nat(8),
});

async function liveOnce(
  bus: Bus,
  { faults, endAfter }: { faults: Fault[]; endAfter: number },
  finish: boolean,
): Promise<void> {
  const stop = new AbortController();
  let published = 0;
  const counted = new Proxy(faulty(bus, [...faults]), {
    get(target, name) {
      if (name !== "publish") return Reflect.get(target, name);
      return (...args: Parameters<Bus["publish"]>) => {
        if (!finish && ++published > endAfter) stop.abort();
        if (stop.signal.aborted) return Promise.reject(new NotWritten("the judge was killed"));
        return target.publish(...args);
      };
    },
  });
  const board = createStatusBoard(hasty);
  const judge = createShareproc({
    bus: counted,
    clock: hasty,
    log: silent,
    board,
    pool: POOL,
    logEpoch: undefined,
  });
  const running = judge.run(stop.signal);
  await waitFor(async () => stop.signal.aborted || await isJudged(bus), "judgement");
  stop.abort();
  await running.catch(() => {});
}

async function isJudged(bus: Bus): Promise<boolean> {
  const ends = await bus.ends(shareSubmissions);
  const committed = await bus.committed(shareSubmissions, GROUP);
  return ends.every(({ next }, p) => (committed[p] ?? 0) === next);
}

/** Hashes that a reader of the chain rule counts, in order. */
async function counted(bus: Bus): Promise<string[]> {
  let at = startOf(await bus.logId());
  const hashes: string[] = [];
  for (const share of await judgedOn(bus, shareValid)) {
    const ruling = ruleOn(at, {
      logId: share.logId,
      sourceOffset: Number(share.sourceOffset),
      previousValidOffset: Number(share.previousValidOffset),
      headerHash: share.headerHash,
      loggedAtMs: Number(share.loggedAtMs),
      mark: share.mark,
    });
    if (ruling.kind === "drop") continue;
    if (ruling.kind !== "apply") throw new Error(`a reader would stop: ${JSON.stringify(ruling)}`);
    at = ruling.position;
    hashes.push(toHex(share.headerHash));
  }
  return hashes;
}

Deno.test("every share answered true is counted exactly once, through repeats, faults and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
      await using bus = await openBus("memory:", { clock: hasty, sharePartitions: 1 });
      await publishJob(bus, JOB);
      const expected: string[] = [];
      for (const [i, { submitted, ...rest }] of lives.entries()) {
        const records = submitted.map(({ share, refused }) => {
          const one = SHARES[share]!;
          if (refused) {
            return submission({ ...one, verdict: Verdict.REJECTED, reason: Reason.DUPLICATE }, 0);
          }
          const hash = toHex(one.headerHash);
          if (!expected.includes(hash)) expected.push(hash);
          return submission(one, 0);
        });
        if (records.length > 0) await bus.publish(shareSubmissions, records);
        await liveOnce(bus, rest, i === lives.length - 1);
      }
      assertEquals(await counted(bus), expected);
    }),
    { numRuns: 150, seed: 20260 },
  );
});
