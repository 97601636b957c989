import { assertEquals, assertRejects } from "@std/assert";
import {
  type Batch,
  type Bus,
  NotWritten,
  openBus,
  shareRejected,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import { Reason, Verdict } from "@gopool/proto";
import { createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { prepareJob, ShareChecker } from "@gopool/shares";
import { settle } from "@gopool/testing";
import { NEVER_VALID } from "./chain_of_valid.ts";
import { Coinbases } from "./coinbases.ts";
import { Counts } from "./counts.ts";
import { judgedOn, makeJob, makeShare, submission } from "./fixture.ts";
import { workBytes } from "./judge_run.ts";
import { PartitionJudge } from "./partition.ts";
import { RepeatMemory } from "./repeat_memory.ts";

const JOB = makeJob("0000000100000000");

/** A judge of partition 0 that knows one job, on this bus. */
function judgeOn(bus: Bus): PartitionJudge {
  const checker = new ShareChecker();
  const known = { prepared: prepareJob(JOB), loggedAtMs: 0 };
  const context = {
    bus,
    clock: systemClock,
    log: silent,
    board: createStatusBoard(systemClock),
    checker,
    coinbases: new Coinbases(checker),
    counts: new Counts(),
    logId: "log",
    jobs: {
      get: (id: string) => id === JOB.id ? known : undefined,
      find: () => Promise.resolve({ kind: "coming" } as const),
      arrival: () => new Promise<void>(() => {}),
      needsBack: () => {},
    },
    workBytes,
    pastOf: () => Promise.reject(new Error("not asked for here")),
  };
  const memory = new RepeatMemory();
  const start = { head: NEVER_VALID, next: 0, loggedAtMs: 0, memory, sinceMs: undefined };
  return new PartitionJudge(context, 0, start);
}

async function submitted(bus: Bus): Promise<Batch> {
  const refused = { verdict: Verdict.REJECTED, reason: Reason.DUPLICATE };
  const shares = [makeShare(JOB, 1), makeShare(JOB, 2, refused), makeShare(JOB, 3)];
  await bus.publish(shareSubmissions, shares.map((share) => submission(share, 0)));
  for await (const batch of bus.read(shareSubmissions, 0, 0)) return batch;
  throw new Error("nothing was submitted");
}

const openTestBus = () => openBus("memory:", { clock: systemClock, sharePartitions: 1 });
const never = new AbortController().signal;

Deno.test("a batch that comes again after it was published puts nothing on share.valid again", async () => {
  await using bus = await openTestBus();
  const batch = await submitted(bus);
  // The log's times are small beside the job's, which is logged at 0: an old clock.
  const messages = batch.messages.map((message) => ({ ...message, loggedAtMs: 1 }));
  const judge = judgeOn(bus);
  await judge.handle({ partition: 0, messages }, never);
  await judge.handle({ partition: 0, messages }, never);
  assertEquals((await judgedOn(bus, shareValid)).map((s) => Number(s.sourceOffset)), [0, 2]);
  assertEquals([judge.head, judge.loggedAtMs], [2, 1]);
});

Deno.test("a batch goes again only when nothing of it is under way any more", async () => {
  await using bus = await openTestBus();
  const batch = await submitted(bus);
  const messages = batch.messages.map((message) => ({ ...message, loggedAtMs: 1 }));
  const slow = Promise.withResolvers<void>();
  const uneven = new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
      return async (...args: Parameters<Bus["publish"]>) => {
        if (args[0] === shareRejected) throw new NotWritten("the broker is away");
        await slow.promise;
        return target.publish(...args);
      };
    },
  });
  const judge = judgeOn(uneven);
  let over = false;
  const handled = assertRejects(() => judge.handle({ partition: 0, messages }, never), NotWritten)
    .then(() => over = true);
  await settle();
  await settle();
  assertEquals(over, false);
  slow.resolve();
  await handled;
  assertEquals(judge.head, NEVER_VALID);
});

Deno.test("once the partition is given back nothing more is published from here", async () => {
  await using bus = await openTestBus();
  const batch = await submitted(bus);
  const messages = batch.messages.map((message) => ({ ...message, loggedAtMs: 1 }));
  const judge = judgeOn(bus);
  const working = Promise.withResolvers<void>();
  const work = judge.exclusively(() => working.promise);
  await settle();
  let ended = false;
  const end = judge.end().then(() => ended = true);
  await settle();
  assertEquals(ended, false, "it waits for what is under way");
  working.resolve();
  await work;
  await end;
  await assertRejects(
    () => judge.handle({ partition: 0, messages }, never),
    Error,
    "Partition 0 was given back",
  );
  assertEquals(await judgedOn(bus, shareValid), []);
});
