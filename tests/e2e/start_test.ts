/**
 * `deno task start` as a person meets it: blocks within a minute, Ctrl-C, and again. Beside it the topics tool in a
 * process of its own.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertMatch,
} from "@std/assert";
import {
  blockFound,
  encodeRecord,
  miningJobs,
  openBus,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import { create, ShareSubmissionSchema, Verdict } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { samplesIn, tempDir, waitFor } from "@gopool/testing";
import { ownPool, RunningTask, runTask } from "@gopool/poold/child_fixture";
import { findPromtool } from "../real/promtool.ts";

const promtool = await findPromtool();

const A_MINUTE_MS = 60_000;

interface Counted {
  readonly records: number;
  readonly distinct: number;
  readonly troubles: readonly string[];
}

type Env = Record<string, string>;

async function count(env: Env, topic: string): Promise<Counted> {
  const { code, stdout, stderr } = await runTask("topics", ["count", topic, "--json"], env);
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

async function counts(env: Env): Promise<Record<string, Counted>> {
  const topics = [shareSubmissions, shareValid, blockFound, miningJobs];
  const found = [];
  for (const { name } of topics) found.push([name, await count(env, name)] as const);
  return Object.fromEntries(found);
}

/** One process tells of all services, each by its own name: from the first look at which all have begun. */
async function assertTells(health: string): Promise<void> {
  let text = "";
  const value = (name: string, labels = "") => samplesIn(text, `gopool_${name}`)[labels] ?? -1;
  const accepted = '{verdict="accepted",reason="none"}';
  const valid = '{topic="share.valid",group="payoutd"}';
  const told = () => ({
    leads: value("jobmanager_leading") === 1,
    accepts: value("stratumd_shares_total", accepted) > 0,
    judges: value("shareproc_shares_total", accepted) > 0,
    submits: value("blocksubmit_blocks_total", '{outcome="accepted"}') > 0,
    owes: value("payoutd_owed_satoshis", '{state="immature"}') >= 0,
    reads: value("bus_lag_records", valid) >= 0,
  });
  await waitFor(
    async () => {
      text = await (await fetch(`http://${health}/metrics`)).text();
      return Object.values(told()).every((one) => one);
    },
    "all services to tell of their work",
    { deadlineMs: A_MINUTE_MS },
  ).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(told())}`);
  });
  if (promtool === null) return;
  assertEquals(await promtool.run(["check", "metrics"], text), { code: 0, says: "" });
}

/** The page is there, and what it asks for tells of a living pool. */
async function assertShown(api: string): Promise<void> {
  const page = await fetch(`http://${api}/`);
  assertMatch(await page.text(), /<!doctype html>[^]*<script /);
  // What is counted by whole minutes comes later; the miner itself is seen at once.
  await waitFor(
    async () => (await (await fetch(`http://${api}/api/v1/pool`)).json()).miners === 1,
    "the miner to be shown",
    { deadlineMs: A_MINUTE_MS },
  );
}

const ACCEPTED = /Block \d+ found by .* is accepted/;
const blocksIn = (task: RunningTask) => task.lines.filter((line) => ACCEPTED.test(line));

Deno.test("one command: blocks within a minute, Ctrl-C ends with code 0, and started again it goes on", async () => {
  await using folder = await tempDir();
  const env = ownPool(folder.join("data"));

  let before: Record<string, Counted>;
  {
    await using pool = new RunningTask("start", env);
    const startedMs = performance.now();
    await pool.says(`Point a miner at stratum+tcp://${env["GOPOOL_STRATUM_LISTEN"]}`);
    await pool.says("Difficulty starts at");
    await pool.says(ACCEPTED, A_MINUTE_MS);
    assertGreater(A_MINUTE_MS, performance.now() - startedMs);
    await pool.says(/height \d+ \| 1 miner \(demo [\d.]+ [kM]H\/s\) \| difficulty .* accepted/);
    await assertTells(env["GOPOOL_HEALTH_LISTEN"]!);
    await assertShown(env["GOPOOL_API_LISTEN"]!);
    pool.signal("SIGINT");
    assertEquals(await pool.ended(), 0);
    assertMatch(pool.lines.at(-2)!, /stopped$/);
    assert(!/ (WRN|ERR) /.test(troubles(pool)), pool.written);
    before = await counts(env);
    const valid = before["share.valid"]!;
    assertGreater(valid.records, 0);
    assertEquals([valid.distinct, valid.troubles], [valid.records, []]);
    assertGreaterOrEqual(before["block.found"]!.distinct, blocksIn(pool).length);
  }

  await using pool = new RunningTask("start", env);
  await pool.says(
    `The log goes on: ${before["share.valid"]!.records} records in share.valid, ` +
      `${before["block.found"]!.records} in block.found`,
  );
  // The same chain: work goes on where it ended, whenever the next block is found.
  const tip = await lastFound(env, before);
  const [, height] = /height (\d+) /.exec(await pool.says(/height \d+ \|/))!;
  assertEquals(Number(height), tip + 1 + blocksIn(pool).length);
  await republished(env);
  await rejected(env, pool);
  pool.signal("SIGTERM");
  assertEquals(await pool.ended(), 0);

  const after = await counts(env);
  for (const topic of Object.keys(before)) {
    assertGreaterOrEqual(after[topic]!.distinct, before[topic]!.distinct, topic);
  }
  for (const topic of ["share.valid", "mining.jobs"]) {
    assertGreater(after[topic]!.distinct, before[topic]!.distinct, topic);
  }
  const valid = after["share.valid"]!;
  assertEquals(valid.troubles, []);
  assertGreater(valid.records, valid.distinct, "what was published again counts once");
});

/** Lines of trouble but for those about a block that another was faster than: that is luck. */
function troubles(task: RunningTask): string {
  return task.lines.filter((line) =>
    !/candidates? (still|not settled)|blocksubmit\/|LOST/i.test(line)
  ).join(
    "\n",
  );
}

/** The height of the last accepted block among those that block.found had. */
async function lastFound(env: Env, before: Record<string, Counted>): Promise<number> {
  const { stdout } = await runTask("topics", ["tail", "block.found", "--from", "0", "--json"], env);
  const heights = stdout.trim().split("\n").slice(0, before["block.found"]!.records).map((line) => {
    const { message } = JSON.parse(line);
    return message.outcome === "BLOCK_OUTCOME_ACCEPTED" ? message.facts.height : 0;
  });
  return Math.max(...heights);
}

/** Has a partition judged and published again from its beginning, beside the running pool. */
async function republished(env: Env): Promise<void> {
  const { ends } = await topic(env, "share.valid");
  const partition = ends.findIndex(({ next }) => next > 0);
  const before = await count(env, "share.valid");
  const { code, stderr } = await runTask(
    "topics",
    `republish --partition ${partition} --from 0 --reason test`.split(" "),
    env,
  );
  assertEquals([code, stderr], [0, ""]);
  await waitFor(
    async () => {
      const now = await count(env, "share.valid");
      assertEquals(now.troubles, []);
      return now.records - now.distinct > 0 && now.distinct >= before.distinct;
    },
    "the shares to be published again",
    { deadlineMs: 20_000 },
  );
}

/** Stops a partition by a share whose job was never written, and lets an operator reject it. */
async function rejected(env: Env, pool: RunningTask): Promise<void> {
  const { ends } = await topic(env, "share.submissions");
  // One that no miner of this test uses: the shares of the others go on meanwhile.
  const partition = Math.max(0, ends.findIndex(({ next }) => next === 0));
  const share = create(ShareSubmissionSchema, {
    pool: "gopool",
    jobId: "00000000deadbeef",
    verdict: Verdict.ACCEPTED,
    extranonce1: new Uint8Array(4),
    extranonce2: new Uint8Array(8),
    headerHash: new Uint8Array(32),
    target: new Uint8Array(32).fill(0xff),
    receivedAtMs: BigInt(Date.now()),
  });
  let offset: number;
  {
    await using bus = await openBus(`sqlite:${env["GOPOOL_DATA_DIR"]}/bus.db`, {
      clock: systemClock,
    });
    const record = encodeRecord(shareSubmissions, share, { partition });
    offset = (await bus.publish(shareSubmissions, [record]))[0]!.offset;
  }
  // A job is made every 30 s; after the next one it is certain that this share's is missing.
  await pool.says("job 00000000deadbeef is not in mining.jobs", 45_000);
  const { code, stderr } = await runTask(
    "topics",
    `reject --partition ${partition} --offset ${offset} --reason lost`.split(" "),
    env,
  );
  assertEquals([code, stderr], [0, ""]);
  await waitFor(
    async () => {
      const { behind } = await topic(env, "share.submissions");
      const { stdout } = await runTask(
        "topics",
        `tail share.rejected --partition ${partition} --json`.split(" "),
        env,
      );
      return stdout.includes("00000000deadbeef") && behind["shareproc"]! < 10;
    },
    "the partition to go on",
    { deadlineMs: 20_000 },
  );
}

interface Listed {
  readonly topic: string;
  readonly ends: readonly { readonly next: number }[];
  readonly behind: Readonly<Record<string, number>>;
}

async function topic(env: Env, name: string): Promise<Listed> {
  const { stdout } = await runTask("topics", ["list", "--json"], env);
  const rows: Listed[] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  return rows.find((row) => row.topic === name)!;
}
