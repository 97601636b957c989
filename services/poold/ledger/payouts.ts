/** Commands about payments. @module */
import { canonicalAddress } from "@gopool/chain";
import { spokenFor } from "@gopool/ledger/snapshots";
import { unreadFound } from "@gopool/payoutd/blocks";
import { payoutdSettingsOf } from "@gopool/payoutd/from_settings";
import { payeesBy } from "@gopool/payoutd/payees";
import {
  approve,
  bump,
  cancel,
  listPayouts,
  pause,
  type PayoutsDeps,
  previewPayouts,
  resume,
} from "@gopool/payoutd/payouts";
import { createStatusBoard, silent } from "@gopool/runtime";
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import { type Command, Option } from "commander";
import { actorOf, idOf, json, limit, operator, reason, satsOf, type Signed } from "./arguments.ts";
import { ownConfig } from "./check.ts";
import { type Books, openLog, openNodes, poolScripts } from "./open.ts";
import { hash, plain, show, time } from "./show.ts";
import { UnknownToBooks } from "./unknown.ts";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

export function payoutCommands(program: Command, run: Run): void {
  const payouts = program.command("payouts").description(
    "payments to miners: what there are, and operators' words",
  );
  payouts.command("list", { isDefault: true })
    .description("the newest payments, who could not be paid and why, coins that cannot be used")
    .addOption(limit(20)).addOption(json())
    .action(({ limit, json = false }) => run((books) => list(books, limit, json)));
  payouts.command("preview")
    .description("what a run would plan now; writes nothing")
    .addOption(json())
    .action(({ json = false }) => run((books) => preview(books, json)));
  payouts.command("approve").argument("<id>", "of the list", idOf)
    .description("the yes to a payment that awaits it").addOption(operator()).addOption(reason())
    .action((id, by: Signed) =>
      run((books) =>
        said(
          books,
          () => approve(books, id, actorOf("payouts approve", by)),
          `payout ${id} is approved`,
        )
      )
    );
  payouts.command("cancel").argument("<id>", "of the list", idOf)
    .description("calls off a payment that no signer has seen, or whose coins have vanished")
    .addOption(operator()).addOption(reason())
    .action((id, by: Signed) =>
      run((books) =>
        said(
          books,
          () => cancel(books, id, actorOf("payouts cancel", by)),
          `payout ${id} is cancelled`,
        )
      )
    );
  payouts.command("pause").description("from now on nothing is planned, signed or sent")
    .addOption(operator()).addOption(reason())
    .action((by: Signed) =>
      run((books) =>
        said(books, () => pause(books, actorOf("payouts pause", by)), "payouts are paused")
      )
    );
  payouts.command("resume").description("goes on").addOption(operator()).addOption(reason())
    .action((by: Signed) =>
      run((books) =>
        said(books, () => resume(books, actorOf("payouts resume", by)), "payouts go on")
      )
    );
  payouts.command("bump").argument("<id>", "of the list", idOf)
    .description("replaces a payment that no block holds by one with a higher fee")
    .addOption(
      new Option("--fee-rate <sats>", "satoshis per 1000 virtual bytes").argParser(satsOf)
        .makeOptionMandatory(),
    )
    .addOption(operator()).addOption(reason())
    .action((id, { feeRate, operator, reason }) =>
      run(async (books) => {
        await using nodes = openNodes(books);
        const deps = { ...await payoutsDeps(books), nodes };
        const actor = actorOf("payouts bump", { operator, reason });
        const done = await bump(deps, id, feeRate, actor, books.signal);
        books.print(
          `payout ${id}: attempt ${done.attempt} with a fee of ${done.feeSats} sats, ${done.moreSats} more; it is signed and sent by payoutd`,
        );
      })
    );
}

async function said({ print }: Books, act: () => Promise<unknown>, words: string): Promise<void> {
  await act();
  print(words);
}

async function list({ ledger, print }: Books, limit: number, json: boolean): Promise<void> {
  const { control, payouts, asides, coins } = await listPayouts(ledger, limit);
  if (json) return print(JSON.stringify(plain({ control, payouts, asides, coins })));
  if (control.paused) {
    const by = control.by === null ? "" : ` by ${control.by.operator}: ${control.by.reason}`;
    print(`paused since ${time(control.sinceMs)}${by}`);
  }
  show(
    payouts.map((
      { id, state, plannedAtMs, lines, grossSats, feeSats, attempts, txid, height },
    ) => ({
      id,
      state,
      planned: time(plannedAtMs),
      payees: lines,
      sats: grossSats,
      fee: feeSats,
      attempts,
      txid: hash(txid),
      height,
    })),
    false,
    print,
  );
  for (const { name, reason, sinceMs } of asides) {
    print(`not paid: ${name}, since ${time(sinceMs)}: ${reason}`);
  }
  for (const coin of coins) print(`coin in trouble: ${JSON.stringify(plain(coin))}`);
}

async function preview(books: Books, json: boolean): Promise<void> {
  const { print, signal } = books;
  await using nodes = openNodes(books);
  const result = await previewPayouts({ ...await payoutsDeps(books), nodes }, signal);
  if (json) return print(JSON.stringify(plain(result)));
  if (result.kind === "rested") return print(`nothing: ${result.why}`);
  const { run, feeRate, estimated, asides } = result;
  print(
    `${run.plannedSats} of ${run.dueSats} sats in ${run.plans.length} payments, at ${feeRate} sats per 1000 vbytes${
      estimated ? "" : " (no node has an estimate)"
    }`,
  );
  const lines = run.plans.flatMap(({ lines }, i) =>
    lines.map(({ name, grossSats, feeSats }) => ({
      payment: i + 1,
      account: name,
      sats: grossSats,
      "fee share": feeSats,
    }))
  );
  if (lines.length > 0) show(lines, false, print);
  for (const { account, reason } of asides) print(`not paid: account ${account}: ${reason}`);
}

/** What payoutd works by, as the settings say. */
export async function payoutdSettings(books: Books) {
  const { config, pool, network } = books;
  const [script] = await poolScripts(books);
  const address = config.poolAddress ??
    (script === undefined ? null : canonicalAddress(script, network));
  if (address === null) {
    throw new UnknownToBooks(
      "The pool's address is not known yet: set GOPOOL_POOL_ADDRESS as payoutd has it",
    );
  }
  return payoutdSettingsOf({ ...ownConfig(books), poolName: pool }, address, network, "ledger");
}

async function payoutsDeps(books: Books): Promise<Omit<PayoutsDeps, "nodes">> {
  const { ledger, clock, network } = books;
  const { payouts, maturity, leastThresholdSats } = await payoutdSettings(books);
  const scripts = await poolScripts(books);
  return {
    ledger,
    signer: null,
    clock,
    log: silent,
    board: createStatusBoard(clock),
    network,
    settings: { ...payouts, maturity, changeScript: scripts[0]! },
    payeesOf: payeesBy(network, payouts.thresholdSats, leastThresholdSats, scripts),
    leftOut: (tx, nowMs) => spokenFor(tx, nowMs - JOB_MAX_LIFE_MS),
    async unreadBlocks() {
      await using bus = await openLog(books);
      return await unreadFound(bus);
    },
  };
}
