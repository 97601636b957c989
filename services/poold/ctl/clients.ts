/** What miners have chosen for themselves. @module */
import {
  type ApplyRequestResponse,
  ApplyRequestResponseSchema,
  ClientService,
  FollowedRequestSchema,
  GetClientResponseSchema,
  RequestRefusal,
} from "@gopool/proto/control";
import type { Command } from "commander";
import { limit } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { NotWell } from "./faults.ts";
import { upTo } from "./paging.ts";
import { time } from "./words.ts";

export function clientCommands(program: Command, run: Run): void {
  const miner = program.command("miner").description(
    "what a miner has chosen: where it is paid, from what on",
  );
  miner.command("show", { isDefault: true }).argument("<address>", "that mines")
    .description("what is in force, and what was asked for")
    .addOption(limit(10))
    .action((account: string, { limit }) => run((ctl) => showClient(ctl, account, limit)));
  miner.command("request")
    .description(
      "follows a miner's signed request; only its own signature changes what it is paid by",
    )
    .requiredOption("--text <line>", "the line as it was signed")
    .requiredOption("--signature <base64>", "by the mining address (BIP 322, or BIP 137)")
    .action((options) => run((ctl) => request(ctl, options)));
}

async function client({ pool }: Ctl) {
  const [{ client }] = await pool.of("payoutd");
  return client(ClientService);
}

async function showClient(ctl: Ctl, account: string, most: number): Promise<void> {
  const clients = await client(ctl);
  const found = await clients.getClient({ account }, ctl.pool.calling());
  const requests = await upTo(most, async (page) => {
    const answer = await clients.listClientRequests({ account, ...page }, ctl.pool.calling());
    return { rows: answer.requests, next: answer.nextPageToken };
  });
  ctl.out.one(GetClientResponseSchema, found, (one) => ({
    account: one.account,
    "paid to": one.payoutAddress,
    "soon paid to": one.pendingAddress === ""
      ? null
      : `${one.pendingAddress} from ${time(one.pendingFromMs)} on`,
    "paid from": `${one.thresholdSats} sats on, ${
      one.ownThreshold ? "its own choice" : "as the pool has it"
    }`,
    "is told at": one.notify,
    "fee %": one.feeBasisPoints / 100,
    "donation %": one.donationBasisPoints / 100,
  }));
  const row = (one: typeof requests[number]) => ({
    id: one.id,
    setting: one.setting,
    before: one.before,
    after: one.after,
    followed: time(one.atMs),
    counts: time(one.fromMs),
    "signed by": one.signedBy,
  });
  if (ctl.out.json) ctl.out.list(FollowedRequestSchema, requests, row);
  else ctl.out.table("requests", requests.map(row));
}

async function request(
  ctl: Ctl,
  { text, signature }: { text: string; signature: string },
): Promise<void> {
  const done = await (await client(ctl)).applyRequest({ text, signature }, ctl.pool.calling());
  ctl.out.said(ApplyRequestResponseSchema, done, (answer) => [answerLine(answer)]);
  if (done.refusal !== RequestRefusal.UNSPECIFIED) throw new NotWell();
}

function answerLine(
  { refusal, why, requestId, before, after, fromMs, again }: ApplyRequestResponse,
): string {
  if (refusal !== RequestRefusal.UNSPECIFIED) return `not followed: ${why}`;
  return `request ${requestId}${again ? ", followed before" : ""}: ${before || "-"} -> ${
    after || "-"
  }, from ${time(fromMs)} on`;
}
