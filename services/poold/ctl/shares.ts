/** Why shares were refused, and how far the judges are. @module */
import { Reason, Verdict } from "@gopool/proto";
import {
  type Candidate,
  CandidateSchema,
  CandidateState,
  GetShareCountsResponseSchema,
  PartitionState,
  type SharePartition,
  SharePartitionSchema,
  ShareService,
} from "@gopool/proto/control";
import { stratumError } from "@gopool/shares";
import type { Command } from "commander";
import { limit } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { upTo } from "./paging.ts";
import { ago, bytes, ends, time, word } from "./words.ts";

export function shareCommands(program: Command, run: Run): void {
  const shares = program.command("shares")
    .description("how shares were judged, and why they were refused, since the judge started");
  shares.command("why", { isDefault: true })
    .description("how shares were judged, and why they were refused")
    .action(() => run(why));
  shares.command("partitions")
    .description("how far the judge is with each partition, and what stops it")
    .action(() => run(partitions));
  shares.command("candidates")
    .description("shares that meet the network's target, the newest first, and what became of them")
    .addOption(limit(20))
    .action(({ limit }) => run((ctl) => candidates(ctl, limit)));
}

/** What a reason means, and what to look at. Of those that miners are sent the words stand beside it. */
const MEANINGS: Readonly<Partial<Record<Reason, string>>> = {
  [Reason.UNKNOWN_JOB]:
    "a job that was never sent, or dropped long ago: a miner slept, or mines elsewhere's work",
  [Reason.STALE_PREVIOUS_BLOCK]:
    "another block was found meanwhile: high only where lines are slow",
  [Reason.STALE_JOB]: "the job is too old: the miner does not take new work",
  [Reason.DUPLICATE]: "the same work twice: a miner's fault, or a retry",
  [Reason.LOW_DIFFICULTY]:
    "the hash does not meet the difficulty in force: a miner ignores set_difficulty",
  [Reason.UNAUTHORIZED]:
    "the worker was not authorised on its connection: see the address that it uses",
  [Reason.NOT_SUBSCRIBED]: "submitted before mining.subscribe",
  [Reason.BAD_EXTRANONCE2]:
    "extranonce2 has another length than was agreed: a proxy's fault, most often",
  [Reason.NTIME_TOO_OLD]: "the time in the header is before the template's",
  [Reason.NTIME_TOO_NEW]: "the time in the header is too far ahead: the miner's clock",
  [Reason.BAD_VERSION_BITS]: "bits were rolled that the miner did not agree on",
  [Reason.MALFORMED]: "the message cannot be read",
  [Reason.NOT_STORED]: "the bus was away: the miner was told to send it again",
  [Reason.OUTCOME_UNKNOWN]: "the bus did not say whether it was stored",
  [Reason.REPUBLISHED]: "counted before already: retries and restarts; no fault",
  [Reason.OPERATOR]: "an operator rejected the record",
};

async function why({ pool, out }: Ctl): Promise<void> {
  for (const { client } of await pool.of("shareproc")) {
    const counts = await client(ShareService).getShareCounts({}, pool.calling());
    if (out.json) {
      out.list(GetShareCountsResponseSchema, [counts], () => ({}));
      continue;
    }
    const all = counts.shares.reduce((sum, { count }) => sum + count, 0n);
    const rows = counts.shares.toSorted((a, b) => Number(b.count - a.count));
    out.rows(rows.map(({ verdict, reason, count }) => ({
      verdict: word(Verdict, verdict),
      reason: reason === Reason.UNSPECIFIED ? null : word(Reason, reason),
      shares: count,
      "%": all === 0n ? "-" : (Number(count) * 100 / Number(all)).toFixed(2),
      "miner is told": reason === Reason.UNSPECIFIED ? null : stratumError(reason).text,
      means: reason === Reason.UNSPECIFIED ? null : MEANINGS[reason] ?? null,
    })));
    const { disagreements, repeats, republished, overruled, stops } = counts;
    out.line(
      disagreements === 0n
        ? "Gateway and judge agree on every share."
        : `Gateway and judge DISAGREE on ${disagreements} shares: never normal, see services/shareproc/README.md`,
    );
    out.line(
      `repeats ${repeats}, republished ${republished}, overruled ${overruled}, stops ${stops}; blocks ${counts.blocksSolved} solved, ${counts.blocksRefused} refused`,
    );
    out.line(
      `remembers ${counts.rememberedHashes} hashes, ${counts.jobs} jobs, ${counts.templates} templates, ${counts.coinbases} coinbases`,
    );
  }
}

async function partitions({ pool, out, clock }: Ctl): Promise<void> {
  const found = await Promise.all((await pool.of("shareproc")).map(async ({ client, place }) => {
    const answer = await client(ShareService).listPartitions({}, pool.calling());
    return { ...answer, at: place.name };
  }));
  const nowMs = clock.now();
  const rows = found.flatMap((one) => one.partitions).toSorted((a, b) => a.partition - b.partition);
  out.list(SharePartitionSchema, rows, (one) => partitionRow(one, nowMs));
  for (const { trouble, at } of found) if (trouble !== "") out.line(`${at}: ${trouble}`);
  const inAll = Math.max(...found.map(({ partitionsInAll }) => partitionsInAll));
  if (rows.length < inAll) {
    out.line(`${inAll - rows.length} of ${inAll} partitions are judged by nobody that was asked`);
  }
}

function partitionRow(one: SharePartition, nowMs: number) {
  return {
    partition: one.partition,
    state: word(PartitionState, one.state),
    behind: one.lag,
    "next offset": one.offset,
    "last valid": one.lastValidOffset === -2n
      ? "not known"
      : one.lastValidOffset === -1n
      ? null
      : one.lastValidOffset,
    "last judged": one.loggedAtMs === 0n ? null : `${ago(one.loggedAtMs, nowMs)} ago`,
    remembers: one.rememberedHashes,
    since: ago(one.sinceMs, nowMs),
    detail: one.detail,
  };
}

async function candidates({ pool, out }: Ctl, most: number): Promise<void> {
  const found = await Promise.all(
    (await pool.of("shareproc")).map(({ client }) =>
      upTo(most, async (page) => {
        const answer = await client(ShareService).listCandidates(page, pool.calling());
        return { rows: answer.candidates, next: answer.nextPageToken };
      })
    ),
  );
  // Every judge is told of every candidate: each is shown once, as the judge that is farthest with it says.
  const best = new Map<string, Candidate>();
  for (const one of found.flat()) {
    const before = best.get(one.hash);
    if (before === undefined || (before.solvedAtMs === 0n && one.solvedAtMs > 0n)) {
      best.set(one.hash, one);
    }
  }
  const rows = [...best.values()].toSorted((a, b) => Number(b.takenAtMs - a.takenAtMs)).slice(
    0,
    most,
  );
  out.list(CandidateSchema, rows, (one) => ({
    height: one.height || null,
    hash: one.hash,
    found: time(one.receivedAtMs),
    state: word(CandidateState, one.state),
    road: one.bySecondRoad ? "second" : "bus",
    size: one.blockBytes === 0 ? null : bytes(one.blockBytes),
    finder: one.account === "" ? null : `${ends(one.account)}${one.worker ? `.${one.worker}` : ""}`,
    gateway: one.gateway,
    detail: one.detail,
  }));
}
