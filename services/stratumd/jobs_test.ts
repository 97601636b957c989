import { create, JobSchema, Reason } from "@gopool/proto";
import { JOB_MAX_AGE_MS, JOB_MAX_LIFE_MS, ShareChecker } from "@gopool/shares";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type GatewayJob, JobTable } from "./jobs.ts";
import { jobOf, POOL_SCRIPT } from "./kit_test.ts";
import { JOBS_MAX } from "./limits.ts";

const START = 1_800_000_000_000;

function table() {
  const jobs = new JobTable("gopool", new ShareChecker());
  const take = (id: string, atMs: number, over: Parameters<typeof jobOf>[0] = {}) =>
    jobs.take(create(JobSchema, jobOf({ id, ...over })), atMs, atMs) as GatewayJob;
  return { jobs, take };
}

Deno.test("a superseded job counts until JOB_MAX_AGE later, any job until JOB_MAX_LIFE after its log time", () => {
  const { jobs, take } = table();
  const first = take("0000000100000001", START);
  take("0000000100000002", START + 30_000);
  const superseded = START + 30_000;
  assertEquals(jobs.staleness(first, superseded + JOB_MAX_AGE_MS), Reason.UNSPECIFIED);
  assertEquals(jobs.staleness(first, superseded + JOB_MAX_AGE_MS + 1), Reason.STALE_JOB);
  const current = jobs.current!;
  assertEquals(jobs.staleness(current, superseded + JOB_MAX_LIFE_MS), Reason.UNSPECIFIED);
  assertEquals(jobs.staleness(current, superseded + JOB_MAX_LIFE_MS + 1), Reason.STALE_JOB);
});

Deno.test("a job of another previous block is stale at once, and still there to be hashed", () => {
  const { jobs, take } = table();
  const first = take("0000000100000001", START);
  take("0000000100000002", START + 1, { previousHash: new Uint8Array(32).fill(8), clean: true });
  assertEquals(jobs.staleness(first, START + 2), Reason.STALE_PREVIOUS_BLOCK);
  assertStrictEquals(jobs.get(first.id), first);
});

Deno.test("a job on another block is clean even where the job that should have said so could not be used", () => {
  const { jobs, take } = table();
  const other = new Uint8Array(32).fill(8);
  const first = take("0000000100000001", START);
  assertThrows(() =>
    take("0000000100000002", START + 1, { previousHash: other, clean: true, nbits: 0 })
  );
  const second = take("0000000100000003", START + 2, { previousHash: other });
  const third = take("0000000100000004", START + 3, { previousHash: other });
  assertEquals([first, second, third].map((job) => job.isClean), [false, true, false]);
  assertEquals(jobs.tipSequence, second.sequence);
});

Deno.test("jobs of a lower term, another pool, or twice are not taken; malformed ones throw", () => {
  const { jobs, take } = table();
  take("0000000300000001", START);
  assertEquals(take("0000000200000009", START + 1) as unknown, "lower-term");
  assertEquals(take("0000000300000001", START + 1) as unknown, "known");
  assertEquals(take("0000000300000002", START + 1, { pool: "other" }) as unknown, "another-pool");
  assertThrows(() => take("0000000300000003", START + 1, { previousHash: new Uint8Array(3) }));
  const beyond = [{
    amount: { case: "sats" as const, value: 6_000_000_000n },
    payee: { case: "script" as const, value: POOL_SCRIPT },
  }, {
    amount: { case: "remainder" as const, value: true },
    payee: { case: "script" as const, value: POOL_SCRIPT },
  }];
  const variants = [{ id: 0, name: "pool", outputs: beyond }];
  assertThrows(() => take("0000000300000004", START + 1, { variants }), RangeError);
  assertEquals(jobs.current!.id, "0000000300000001");
});

Deno.test("jobs go when their life is over, the newest stays, and there are never too many", () => {
  const { jobs, take } = table();
  take("0000000100000001", START);
  take("0000000100000002", START + 1000);
  jobs.prune(START + 1000 + JOB_MAX_LIFE_MS + 1);
  assertEquals([jobs.size, jobs.isCurrentAlive(START + 1000 + JOB_MAX_LIFE_MS + 1)], [1, false]);
  for (let i = 3; i < JOBS_MAX + 50; i++) {
    take(`00000001${i.toString(16).padStart(8, "0")}`, START + 2000);
  }
  assertEquals(jobs.size, JOBS_MAX);
});

Deno.test("a notify is written once for all who share it, SOLO ones once per account", () => {
  const { take } = table();
  const job = take("0000000100000001", START);
  const [a, b] = [
    { account: "a", script: new Uint8Array([0x51, 1]) },
    { account: "b", script: new Uint8Array([0x51, 2]) },
  ];
  assertStrictEquals(job.form("pool", a)!.notify(false), job.form("pool", b)!.notify(false));
  assertStrictEquals(job.form("solo", a)!.notify(false), job.form("solo", a)!.notify(false));
  assert(job.form("solo", a)!.notify(false) !== job.form("solo", b)!.notify(false));
  assertEquals(job.form("solo", null), null);
  // A variant the job does not have: its first one.
  assertEquals(job.form("unheard of", null)!.recipe.name, "pool");
});
