/** Payments to miners: what there are, and an operator's words about them. @module */
import {
  BumpPayoutResponseSchema,
  type GetPayoutResponse,
  GetPayoutResponseSchema,
  GetPayoutStandingResponseSchema,
  type PausePayoutsResponse,
  PausePayoutsResponseSchema,
  type PayoutLine,
  PayoutLineSchema,
  PayoutService,
  PayoutState,
  type PayoutSummary,
  PayoutSummarySchema,
  type PreviewPayoutsResponse,
  PreviewPayoutsResponseSchema,
  ResumePayoutsResponseSchema,
  RunPayoutsResponseSchema,
} from "@gopool/proto/control";
import { type Command, Option } from "commander";
import { idOf, satsOf } from "../ledger/arguments.ts";
import { limit, reason } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { upTo } from "./paging.ts";
import { count, time, word } from "./words.ts";

const id = (command: Command) => command.argument("<id>", "of the list", idOf);

export function payoutCommands(program: Command, run: Run): void {
  const payouts = program.command("payouts").description(
    "payments to miners, and an operator's words",
  );
  payouts.command("list", { isDefault: true })
    .description("the newest payments, whether they go on, who cannot be paid and why")
    .addOption(limit(20))
    .action(({ limit }) => run((ctl) => list(ctl, limit)));
  payouts.command("standing")
    .description("whether payments go on, who signs, who cannot be paid, coins in trouble")
    .action(() => run(standing));
  id(payouts.command("show")).description("one payment: its transactions and whom it pays")
    .addOption(limit(50))
    .action((id: bigint, { limit }) => run((ctl) => one(ctl, id, limit)));
  payouts.command("preview").description("what a run would plan now; writes nothing")
    .addOption(limit(100))
    .action(({ limit }) => run((ctl) => preview(ctl, limit)));
  payouts.command("run").description("plans what is due now instead of waiting for its time")
    .addOption(reason())
    .action(({ reason }) => run((ctl) => runNow(ctl, reason)));
  id(payouts.command("approve")).description("the yes to a payment that awaits it")
    .addOption(reason())
    .action((id: bigint, { reason }) =>
      run(async (ctl) => {
        await (await client(ctl)).approvePayout({ id, reason }, ctl.pool.calling());
        said(ctl, `payout ${id} is approved`);
      })
    );
  id(payouts.command("cancel"))
    .description("calls off a payment that no signer has seen, or whose coins have vanished")
    .addOption(reason())
    .action((id: bigint, { reason }) =>
      run(async (ctl) => {
        await (await client(ctl)).cancelPayout({ id, reason }, ctl.pool.calling());
        said(ctl, `payout ${id} is cancelled`);
      })
    );
  payouts.command("pause").description("from now on nothing is planned, signed or sent")
    .addOption(reason())
    .action(({ reason }) =>
      run(async (ctl) => {
        const done = await (await client(ctl)).pausePayouts({ reason }, ctl.pool.calling());
        ctl.out.said(PausePayoutsResponseSchema, done, ({ wasPaused }: PausePayoutsResponse) => [
          wasPaused ? "payouts were paused already, and are" : "payouts are paused",
        ]);
      })
    );
  payouts.command("resume").description("goes on")
    .addOption(reason())
    .action(({ reason }) =>
      run(async (ctl) => {
        const done = await (await client(ctl)).resumePayouts({ reason }, ctl.pool.calling());
        ctl.out.said(ResumePayoutsResponseSchema, done, ({ wasPaused }) => [
          wasPaused ? "payouts go on" : "payouts were not paused, and go on",
        ]);
      })
    );
  id(payouts.command("bump"))
    .description("replaces a payment that no block holds by one with a higher fee")
    .addOption(
      new Option("--fee-rate <sats>", "satoshis per 1000 virtual bytes").argParser(satsOf)
        .makeOptionMandatory(),
    )
    .addOption(reason())
    .action((id: bigint, options) => run((ctl) => bump(ctl, id, options)));
}

async function client({ pool }: Ctl) {
  // Any payoutd answers, whoever keeps the books.
  const [{ client }] = await pool.of("payoutd");
  return client(PayoutService);
}

/** An answer that has nothing in it: in JSON an empty message. */
function said({ out, io }: Ctl, words: string): void {
  io.print(out.json ? "{}" : words);
}

async function list(ctl: Ctl, most: number): Promise<void> {
  const payouts = await client(ctl);
  const rows = await upTo(most, async (page) => {
    const answer = await payouts.listPayouts(page, ctl.pool.calling());
    return { rows: answer.payouts, next: answer.nextPageToken };
  });
  ctl.out.list(PayoutSummarySchema, rows, summaryRow);
  if (!ctl.out.json) await standing(ctl);
}

function summaryRow(one: PayoutSummary) {
  return {
    id: one.id,
    state: word(PayoutState, one.state),
    planned: time(one.plannedAtMs),
    payees: one.payees,
    sats: one.grossSats,
    fee: one.feeSats,
    attempts: one.attempts,
    txid: one.txid,
    height: one.height || null,
    "nodes said": one.lastAnswer,
  };
}

async function standing(ctl: Ctl): Promise<void> {
  const found = await (await client(ctl)).getPayoutStanding({}, ctl.pool.calling());
  ctl.out.said(GetPayoutStandingResponseSchema, found, (one) => [
    one.paused ? `PAUSED since ${time(one.sinceMs)} by ${one.who}: ${one.reason}` : "payouts go on",
    one.signer === "" ? "nobody signs: nothing is paid out" : `signed by ${one.signer}`,
    one.approval
      ? "each payment waits for a yes: ctl payouts approve ID"
      : "no payment waits for a yes",
    ...(one.lastRunAtMs === 0n ? [] : [`last planned ${time(one.lastRunAtMs)}`]),
    ...one.asides.map(({ account, reason, sinceMs }) =>
      `not paid: ${account}, since ${time(sinceMs)}: ${reason}`
    ),
    ...one.coins.map(({ coin, sats, trouble }) =>
      `coin in trouble: ${coin}, ${sats} sats: ${trouble}`
    ),
  ]);
}

async function one(ctl: Ctl, id: bigint, most: number): Promise<void> {
  const payouts = await client(ctl);
  const found = await payouts.getPayout({ id }, ctl.pool.calling());
  const lines = await upTo(most, async (page) => {
    const answer = await payouts.listPayoutLines({ id, ...page }, ctl.pool.calling());
    return { rows: answer.lines, next: answer.nextPageToken };
  });
  ctl.out.one(GetPayoutResponseSchema, found, ({ payout, feePayer, confirmedAtMs }) => ({
    ...(payout === undefined ? {} : summaryRow(payout)),
    "fee paid by": feePayer,
    confirmed: time(confirmedAtMs),
  }));
  ctl.out.table("transactions", attemptRows(found));
  if (ctl.out.json) ctl.out.list(PayoutLineSchema, lines, lineRow);
  else ctl.out.table("whom it pays", lines.map(lineRow));
}

function attemptRows({ attempts }: GetPayoutResponse) {
  return attempts.map((one) => ({
    attempt: one.attempt,
    because: one.reason,
    "fee rate": one.feeRate,
    fee: one.feeSats,
    change: one.changeSats,
    made: time(one.atMs),
    sent: time(one.sentAtMs),
    txid: one.txid,
    height: one.height || null,
    coins: one.inputs.length,
    trouble: one.inputs.filter(({ trouble }) => trouble !== "").map(({ coin, trouble }) =>
      `${coin}: ${trouble}`
    ),
    "nodes said": one.lastAnswer,
  }));
}

function lineRow({ account, address, grossSats, feeSats }: PayoutLine) {
  return {
    account,
    address: address === account ? null : address,
    sats: grossSats,
    "fee share": feeSats,
  };
}

async function preview(ctl: Ctl, lines: number): Promise<void> {
  const asked = { lines: Math.min(lines, 1_000) };
  const found = await (await client(ctl)).previewPayouts(asked, ctl.pool.calling());
  ctl.out.said(PreviewPayoutsResponseSchema, found, previewLines);
  ctl.out.table(
    "whom they would pay",
    found.payments.flatMap(({ lines }, i) =>
      lines.map((line) => ({ payment: i + 1, ...lineRow(line) }))
    ),
  );
}

function previewLines(found: PreviewPayoutsResponse): string[] {
  if (found.rested !== "") return [`nothing: ${found.rested}`];
  const rate = `${found.feeRate} sats per 1000 vbytes${
    found.estimated ? "" : " (no node has an estimate)"
  }`;
  return [
    `${found.plannedSats} of ${found.dueSats} sats in ${
      count(found.payments.length, "payment")
    }, at ${rate}`,
    ...found.asides.map(({ account, reason }) => `not paid: ${account}: ${reason}`),
  ];
}

async function runNow(ctl: Ctl, reason: string): Promise<void> {
  const done = await (await client(ctl)).runPayouts({ reason }, ctl.pool.calling(RUN_EXTRA_MS));
  ctl.out.said(RunPayoutsResponseSchema, done, ({ rested, payouts, dueSats, plannedSats }) => [
    ...(rested === "" ? [] : [rested]),
    payouts.length === 0
      ? `nothing is planned of ${dueSats} sats due`
      : `planned: payouts ${payouts.join(", ")} with ${plannedSats} of ${dueSats} sats`,
  ]);
}

/** Nodes are asked for coins and fees meanwhile. */
const RUN_EXTRA_MS = 50_000;

async function bump(
  ctl: Ctl,
  id: bigint,
  { feeRate, reason }: { feeRate: bigint; reason: string },
): Promise<void> {
  const done = await (await client(ctl)).bumpPayout(
    { id, feeRate, reason },
    ctl.pool.calling(RUN_EXTRA_MS),
  );
  ctl.out.said(BumpPayoutResponseSchema, done, ({ attempt, feeSats, moreSats, addedCoins }) => [
    `payout ${id}: attempt ${attempt} with a fee of ${feeSats} sats, ${moreSats} more${
      addedCoins === 0 ? "" : `, with ${count(addedCoins, "more coin")}`
    }; it is signed and sent by payoutd`,
  ]);
}
