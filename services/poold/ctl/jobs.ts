/** What job is out, what it is made of, and which node gave it. @module */
import {
  AmountRule,
  type CoinbaseLayout,
  CoinbaseLayoutSchema,
  type ExplainedJob,
  type ExplainedTemplate,
  type ExplainedVariant,
  type GetJobResponse,
  GetJobResponseSchema,
  JobCause,
  JobService,
  ListNodesResponseSchema,
  type NodeState,
  PreferNodeResponseSchema,
  ProposalResult,
  RefreshJobResponseSchema,
  TellingWay,
  WatchJobsResponseSchema,
} from "@gopool/proto/control";
import { type Command, InvalidArgumentError, Option } from "commander";
import { limit, spanWithin } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { EXIT, Told } from "./faults.ts";
import type { Member } from "./pool.ts";
import { upTo } from "./paging.ts";
import { watched } from "./watched.ts";
import { ago, short, span, time, word } from "./words.ts";

/** The API's bounds (jobs.proto). */
const PREFER_MAX_MS = 604_800_000;
const PAST_MAX = 100;
const WATCH_MAX_MS = 7 * 86_400_000;

export function jobCommands(program: Command, run: Run): void {
  const jobs = program.command("jobs").description("the jobs that miners are given, and the nodes");
  jobs.command("show", { isDefault: true })
    .argument("[id]", "one of the last hundred; default: the one that is out", jobIdOf)
    .description(
      "the job that is out, explained: height, fees, coinbases, who told of the tip first",
    )
    .action((id = "") => run((ctl) => showJob(ctl, id)));
  jobs.command("watch")
    .description("each job as it goes out; until Ctrl-C")
    .addOption(
      new Option("--past <number>", "so many before are told first").argParser(pastOf).default(5),
    )
    .addOption(
      new Option("--for <time>", "ends after so long").argParser(spanWithin(1_000, WATCH_MAX_MS)),
    )
    .action((options) => run((ctl) => watchJobs(ctl, options)));
  jobs.command("refresh")
    .description("asks the node for fresh work, and gives it out at once")
    .action(() => run(refresh));
  jobs.command("nodes")
    .description("the nodes: how they are, how high, how fast, and which one gives work")
    .action(() => run(nodes));
  jobs.command("prefer").argument("[node]", "host:port as the list has it; with --none left out")
    .description(
      "takes work from this node while it is well; --none: by the order of the settings again",
    )
    .option("--none", "no node is preferred any longer")
    .addOption(
      new Option("--for <time>", "for how long").argParser(spanWithin(1_000, PREFER_MAX_MS))
        .default(3_600_000, "1h"),
    )
    .action((node: string | undefined, options) => run((ctl) => prefer(ctl, node, options)));
  jobs.command("layouts")
    .description("the coinbase layouts that nodes were asked about, and what they said")
    .addOption(limit(50))
    .action(({ limit }) => run((ctl) => layouts(ctl, limit)));
}

function jobIdOf(text: string): string {
  if (/^[0-9a-f]{16}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a job's id: 16 hex digits.");
}

function pastOf(text: string): number {
  const number = Number(text);
  if (/^\d{1,3}$/.test(text) && number <= PAST_MAX) return number;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${PAST_MAX}.`);
}

/** The one that leads where several run; else the first. */
async function leading({ pool }: Ctl, id = ""): Promise<{ member: Member; found: GetJobResponse }> {
  const members = await pool.of("jobmanager");
  const answers = await Promise.all(
    members.map(async (member) => ({
      member,
      found: await member.client(JobService).getJob({ id }, pool.calling()),
    })),
  );
  return answers.find(({ found }) => found.leadership?.leads) ?? answers[0]!;
}

async function showJob(ctl: Ctl, id: string): Promise<void> {
  const { out, clock } = ctl;
  const { found } = await leading(ctl, id);
  const nowMs = clock.now();
  const { job, template, leadership } = found;
  out.one(GetJobResponseSchema, found, () => ({
    ...(job === undefined ? { job: "none is out yet" } : jobFacts(job, nowMs)),
    ...(template === undefined || id !== ""
      ? {}
      : { "newest template": templateText(template, nowMs) }),
    ...(leadership === undefined ? {} : {
      lead: `${leadership.holder} ${leadership.detail}${
        leadership.leads || leadership.leader === "" ? "" : `; ${leadership.leader} leads`
      }`,
    }),
  }));
  if (job === undefined) return;
  out.table("coinbases that miners are given", job.variants.flatMap(variantRows));
  out.table(
    "who told of the tip",
    job.tellings.map(({ node, way, atMs }) => ({
      node,
      by: word(TellingWay, way),
      at: time(atMs),
      after: span(Number(atMs - job.tellings[0]!.atMs)),
    })),
  );
}

function jobFacts(job: ExplainedJob, nowMs: number) {
  return {
    job: job.id,
    out: job.loggedAtMs === 0n
      ? null
      : `${time(job.loggedAtMs)}, ${ago(job.loggedAtMs, nowMs)} ago`,
    because: job.cause === JobCause.UNSPECIFIED
      ? "made by another process"
      : word(JobCause, job.cause),
    network: job.network,
    height: job.height,
    "previous block": job.previousHash,
    pays: `${job.coinbaseValueSats} sats: subsidy ${job.subsidySats}, fees ${job.feesSats}`,
    transactions: job.empty
      ? "none: an empty block until the template is there"
      : `${job.transactions ?? "?"}, weight ${job.weight ?? "?"}, sigops ${job.sigops ?? "?"}`,
    difficulty: `${short(job.difficulty)} (bits ${job.bits})`,
    version: `${job.version}, miners may roll ${job.versionMask}`,
    clean: job.clean ? "yes: earlier work is stale" : "no",
    template: job.templateId === "" ? null : `${job.templateId} of ${job.templateNode || "?"}`,
    "tip told": time(job.tipAtMs),
    took: [
      ...(job.tipToMadeMs === undefined
        ? []
        : [`${short(job.tipToMadeMs)} ms from the tip to the job`]),
      ...(job.madeToPublishedMs === undefined
        ? []
        : [`${short(job.madeToPublishedMs)} ms until the bus had it`]),
    ],
  };
}

function templateText(template: ExplainedTemplate, nowMs: number): string {
  const { node, atMs, height, transactions, weight, weightLimit, feesSats } = template;
  return `of ${node}, ${
    ago(atMs, nowMs)
  } ago: height ${height}, ${transactions} transactions, weight ${weight} of ${weightLimit}, fees ${feesSats} sats`;
}

function variantRows({ name, outputs, coinbaseBytes, proposal }: ExplainedVariant) {
  return outputs.map((output, i) => ({
    variant: i === 0 ? name : "",
    sats: output.amountSats,
    rule: output.rule === AmountRule.FEE
      ? `fee ${output.feeBasisPoints / 100} %`
      : word(AmountRule, output.rule),
    to: output.sessionAccount ? "the miner's own address" : output.address || output.script,
    bytes: i === 0 ? String(coinbaseBytes) : "",
    "a node says": i === 0 ? word(ProposalResult, proposal) : "",
  }));
}

async function watchJobs(
  ctl: Ctl,
  { past, for: forMs }: { past: number; for?: number },
): Promise<void> {
  const { pool, out } = ctl;
  // Each tells every job of the log, whoever leads.
  const [{ client }] = await pool.of("jobmanager");
  const open = (signal: AbortSignal) => client(JobService).watchJobs({ past }, { signal });
  for await (const answer of watched(ctl, open, forMs)) {
    out.said(WatchJobsResponseSchema, answer, ({ job, missed }) => [
      ...(missed > 0 ? [`${missed} jobs were not told: this was read too slowly`] : []),
      ...(job === undefined ? [] : [jobLine(job)]),
    ]);
  }
}

function jobLine(job: ExplainedJob): string {
  const cause = job.cause === JobCause.UNSPECIFIED ? "" : `, ${word(JobCause, job.cause)}`;
  const what = job.empty ? "empty" : `${job.transactions ?? "?"} transactions`;
  return `${time(job.loggedAtMs || job.madeAtMs)} ${job.id} height ${job.height}${
    job.clean ? " clean" : ""
  }, ${what}, ${job.coinbaseValueSats} sats${cause}`;
}

async function refresh(ctl: Ctl): Promise<void> {
  const { member } = await leading(ctl);
  const answer = await member.client(JobService).refreshJob({}, ctl.pool.calling());
  ctl.out.said(RefreshJobResponseSchema, answer, ({ job }) => [
    job === undefined ? "No job came of it" : jobLine(job),
  ]);
}

async function nodes(ctl: Ctl): Promise<void> {
  const { pool, out, clock } = ctl;
  const nowMs = clock.now();
  for (const { client, place } of await pool.of("jobmanager")) {
    const found = await client(JobService).listNodes({}, pool.calling());
    if (out.json) {
      out.list(ListNodesResponseSchema, [found], () => ({}));
      continue;
    }
    const { tipHeight, tipHash, preference } = found;
    out.line(
      `At ${place.name} the tip is ${
        tipHeight === 0 ? "not known yet" : `${tipHeight} ${tipHash}`
      }`,
    );
    out.rows(found.nodes.map((node) => nodeRow(node, nowMs)));
    if (preference !== undefined) {
      out.line(`${preference.node} is preferred until ${time(preference.expiresAtMs)}`);
    }
  }
}

function nodeRow(node: NodeState, nowMs: number) {
  return {
    node: node.name,
    work: node.givesWork ? "gives it" : null,
    healthy: node.healthy ? "yes" : "NO",
    height: node.height,
    "at tip": node.atTip ? "yes" : "no",
    "tip told": node.tipAtMs === 0n
      ? null
      : `${ago(node.tipAtMs, nowMs)} ago by ${word(TellingWay, node.tipWay)}`,
    "last answer": node.latencyMs === undefined ? null : `${short(node.latencyMs)} ms`,
    answers: node.answers,
    failures: node.failures,
    detail: node.detail,
    "last error": node.lastError === ""
      ? null
      : `${ago(node.lastErrorAtMs, nowMs)} ago: ${node.lastError}`,
  };
}

async function prefer(
  ctl: Ctl,
  node: string | undefined,
  { none = false, for: forMs }: { none?: boolean; for: number },
): Promise<void> {
  if ((node === undefined) !== none) {
    throw new Told("Name a node (ctl jobs nodes lists them), or say --none", EXIT.mistake);
  }
  const { member } = await leading(ctl);
  const answer = await member.client(JobService)
    .preferNode(node === undefined ? {} : { node, forMs }, ctl.pool.calling());
  ctl.out.said(PreferNodeResponseSchema, answer, ({ preference, givesWork }) => [
    preference === undefined
      ? "The order of the settings is in effect"
      : `${preference.node} is preferred until ${time(preference.expiresAtMs)}`,
    givesWork === "" ? "No node can give work now" : `${givesWork} gives work now`,
  ]);
}

async function layouts(ctl: Ctl, most: number): Promise<void> {
  const { pool, out } = ctl;
  const { member } = await leading(ctl);
  const found = await upTo(most, async (page) => {
    const answer = await member.client(JobService).listLayouts(page, pool.calling());
    return { rows: answer.layouts, next: answer.nextPageToken };
  });
  out.list(CoinbaseLayoutSchema, found, layoutRow);
}

function layoutRow(one: CoinbaseLayout) {
  return {
    variant: one.variant,
    outputs: one.outputs.length,
    prefix: one.prefixBytes,
    witness: one.commits ? "yes" : "no",
    result: word(ProposalResult, one.result),
    node: one.node,
    asked: time(one.askedAtMs),
    height: one.height,
    "in use": one.inUse ? "yes" : "no",
    reason: one.reason,
  };
}
