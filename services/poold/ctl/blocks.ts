/** The pool's blocks: where they are, what the nodes said, and each one's dossier. @module */
import { SubmitVerdict } from "@gopool/proto";
import {
  type BlockDossier,
  BlockDossierSchema,
  BlockService,
  BlockState,
  type BlockSummary,
  BlockSummarySchema,
  type BlockTimings,
  type NodeAttempt,
  SubmitAgainResponseSchema,
} from "@gopool/proto/control";
import { type Command, Option } from "commander";
import { hashText, limit } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { Told } from "./faults.ts";
import { upTo } from "./paging.ts";
import { firstThatHas } from "./several.ts";
import { bytes, ends, short, span, time, word } from "./words.ts";

const STATES = { open: BlockState.OPEN, accepted: BlockState.ACCEPTED, lost: BlockState.LOST };

export function blockCommands(program: Command, run: Run): void {
  program.command("blocks")
    .description("the newest blocks: found by whom, accepted or lost and why")
    .addOption(new Option("--state <state>", "only these").choices(Object.keys(STATES)))
    .addOption(limit(20))
    .action((options) => run((ctl) => blocks(ctl, options)));

  const block = program.command("block").description(
    "one block: its dossier, and what can be done with it",
  );
  block.command("show", { isDefault: true }).argument("<hash>", "as explorers show it", hashText)
    .description("all that the pool knows of it, with every answer of every node")
    .action((hash: string) => run((ctl) => dossier(ctl, hash)));
  block.command("submit").argument("<hash>", "as explorers show it", hashText)
    .description("gives it to every node once more, and says what they answer")
    .action((hash: string) => run((ctl) => submit(ctl, hash)));
  block.command("export").argument("<hash>", "as explorers show it", hashText)
    .description("the whole block in hex, as bitcoin-cli submitblock takes it")
    .action((hash: string) => run((ctl) => exportBlock(ctl, hash)));
}

async function blocks(
  { pool, out, complain }: Ctl,
  { state, limit }: { state?: keyof typeof STATES; limit: number },
): Promise<void> {
  // Each tells of all blocks of the log: one is enough.
  const [{ client }] = await pool.of("blocksubmit");
  let trouble = "";
  const found = await upTo(limit, async (page) => {
    const asked = { ...page, state: state === undefined ? BlockState.UNSPECIFIED : STATES[state] };
    const answer = await client(BlockService).listBlocks(asked, pool.calling());
    trouble = answer.trouble;
    return { rows: answer.blocks, next: answer.nextPageToken };
  });
  out.list(BlockSummarySchema, found, summaryRow);
  if (trouble !== "") complain(`Older blocks are missing: ${trouble}`);
}

export function summaryRow(one: BlockSummary) {
  return {
    height: one.height,
    hash: one.hash,
    found: time(one.foundAtMs),
    state: word(BlockState, one.state),
    sats: one.valueSats,
    finder: finderOf(one),
    attempts: one.attempts,
    reason: one.reason,
  };
}

function finderOf({ account, worker }: { account: string; worker: string }): string | null {
  if (account === "") return null;
  return `${ends(account)}${worker === "" ? "" : `.${worker}`}`;
}

async function dossier(ctl: Ctl, hash: string): Promise<void> {
  const { pool, out } = ctl;
  const { block } = await firstThatHas(
    await pool.of("blocksubmit"),
    ({ client }) => client(BlockService).getBlock({ hash }, pool.calling()),
  );
  if (block === undefined) throw new Told(`There is no dossier of ${hash}`);
  out.one(BlockDossierSchema, block, facts);
  out.table(
    "coinbase",
    block.outputs.map(({ sats, address, script }) => ({ sats, to: address || script })),
  );
  if (block.timings !== undefined) out.table("what happened when", steps(block.timings));
  out.table("what the nodes said", block.attempts.map(attemptRow));
}

function facts({ summary, share, job, header, contents, missing }: BlockDossier) {
  return {
    block: summary?.hash,
    height: summary?.height,
    state: summary === undefined ? null : word(BlockState, summary.state),
    reason: summary?.reason,
    pays: summary === undefined ? null : `${summary.valueSats} sats`,
    finder: summary?.account === ""
      ? null
      : `${summary?.account}${summary?.worker ? `.${summary.worker}` : ""}`,
    share: share === undefined
      ? null
      : `at ${share.gateway}, extranonces ${share.extranonce1} ${share.extranonce2}`,
    job: job === undefined
      ? null
      : `${job.jobId}, variant ${job.variantName || job.variant}${
        job.network ? `, ${job.network}` : ""
      }`,
    template: job?.templateId,
    "made at": job === undefined ? null : time(job.createdAtMs),
    "previous block": header?.previousHash,
    "merkle root": header?.merkleRoot,
    header: header === undefined
      ? null
      : `version ${header.version.toString(16).padStart(8, "0")}, time ${
        time(header.time * 1_000)
      }, nonce ${header.nonce.toString(16).padStart(8, "0")}, difficulty ${
        short(header.difficulty)
      }`,
    contents: contents === undefined || contents.bytes === 0
      ? null
      : `${contents.transactions} transactions, ${bytes(contents.bytes)}`,
    missing,
  };
}

const STEPS = [
  ["the gateway had the share", "shareReceivedAtMs"],
  ["the candidate was on the log", "candidateLoggedAtMs"],
  ["the block was built", "builtAtMs"],
  ["it was on the log", "solvedLoggedAtMs"],
  ["it came to the submitter", "takenAtMs"],
  ["it was given to a node", "firstSubmitAtMs"],
  ["a node had answered", "firstAnswerAtMs"],
  ["a node had it on its best chain", "firstAcceptedAtMs"],
  ["its outcome was on the log", "foundLoggedAtMs"],
] as const;

/** Each step that was done, with the time since the first; clocks of several machines differ. */
function steps(timings: BlockTimings) {
  const done = STEPS.filter(([, key]) => timings[key] > 0n);
  const first = done[0] === undefined ? 0n : timings[done[0][1]];
  return done.map(([what, key]) => ({
    what: key === "takenAtMs" && timings.bySecondRoad ? `${what} (by the second road)` : what,
    at: new Date(Number(timings[key])).toISOString(),
    after: timings[key] < first ? `-${span(first - timings[key])}` : span(timings[key] - first),
  }));
}

function attemptRow({ node, atMs, tookMs, verdict, answer, again }: NodeAttempt) {
  return {
    node,
    at: new Date(Number(atMs)).toISOString(),
    took: `${tookMs} ms`,
    verdict: word(SubmitVerdict, verdict),
    answer,
    by: again ? "an operator" : "the pool",
  };
}

async function submit({ pool, out }: Ctl, hash: string): Promise<void> {
  const answer = await firstThatHas(
    await pool.of("blocksubmit"),
    ({ client }) => client(BlockService).submitAgain({ hash }, pool.calling(SUBMIT_EXTRA_MS)),
  );
  out.said(
    SubmitAgainResponseSchema,
    answer,
    ({ state }) => [`block ${hash} is ${word(BlockState, state)}`],
  );
  out.table("what the nodes said", answer.attempts.map(attemptRow));
}

/** A node checks a whole block before it answers. */
const SUBMIT_EXTRA_MS = 30_000;

async function exportBlock({ pool, signal, out, io }: Ctl, hash: string): Promise<void> {
  const hex = await firstThatHas(await pool.of("blocksubmit"), async ({ client }) => {
    const pieces: string[] = [];
    const { timeoutMs } = pool.calling(SUBMIT_EXTRA_MS);
    for await (const { hex } of client(BlockService).exportBlock({ hash }, { signal, timeoutMs })) {
      pieces.push(hex);
    }
    return pieces.join("");
  });
  io.print(out.json ? JSON.stringify({ hex }) : hex);
}
