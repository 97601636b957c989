/** What changes the books by hand: corrections, the reserve, schemes, rates. @module */
import { Code, ConnectError } from "@gopool/control";
import {
  AdjustResponseSchema,
  GetReserveResponseSchema,
  type GetScheduleResponse,
  GetScheduleResponseSchema,
  MoveReserveResponseSchema,
  SetFeesResponseSchema,
  SetSchemeResponseSchema,
} from "@gopool/proto/control";
import { type Command, InvalidArgumentError, Option } from "commander";
import { basisPointsOf, satsOf, timeOf } from "../ledger/arguments.ts";
import { reason } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { EXIT, Told } from "./faults.ts";
import { ledgerClient } from "./ledger_client.ts";
import { time } from "./words.ts";

const SCHEMES = ["pplns", "solo", "pps", "fpps", "prop"];

export function changeCommands(ledger: Command, run: Run): void {
  const requestId = () =>
    new Option(
      "--request-id <id>",
      "a name for this change: sent again with it, nothing is done twice; default: a new one",
    ).argParser(requestIdOf);
  const sats = (what: string) =>
    new Option("--sats <amount>", what).argParser(satsOf).makeOptionMandatory();
  const at = () =>
    new Option("--at <time>", "a whole minute that has not begun; default: as soon as may be")
      .argParser(timeOf);

  ledger.command("adjust")
    .argument("<account>", "an address, or one of the pool's own")
    .description(
      'moves money between an account and "operator", whose other side is outside the books',
    )
    .addOption(sats("more owed to the account, or, negative, less"))
    .addOption(reason()).addOption(requestId())
    .action((account: string, options: Moving) => run((ctl) => adjust(ctl, account, options)));

  const reserve = ledger.command("reserve").description("what PPS and FPPS pay from");
  reserve.command("show", { isDefault: true }).description("how it stands")
    .action(() => run(showReserve));
  reserve.command("move").description("puts money of the operator's into it, or takes some out")
    .addOption(sats("into it, or, negative, out of it"))
    .addOption(reason()).addOption(requestId())
    .action((options: Moving) => run((ctl) => moveReserve(ctl, options)));

  const schedule = ledger.command("schedule")
    .description("which scheme pays shares since when, and the rates");
  schedule.command("show", { isDefault: true }).description("how it stands")
    .action(() => run(showSchedule));
  schedule.command("scheme").addArgument(schedule.createArgument("<name>").choices(SCHEMES))
    .description("has another scheme take effect")
    .addOption(new Option("--window <number>", "X of PPLNS; default: as it is").argParser(windowOf))
    .addOption(at()).addOption(reason())
    .action((scheme: string, options) => run((ctl) => setScheme(ctl, scheme, options)));
  schedule.command("fee")
    .description("has other rates take effect, of the pool or of one account")
    .addOption(
      new Option("--fee <basis points>", "hundredths of a percent").argParser(basisPointsOf),
    )
    .addOption(
      new Option("--donation <basis points>", "of what the fee leaves").argParser(basisPointsOf),
    )
    .option("--account <address>", "of this miner alone")
    .addOption(at()).addOption(reason())
    .action((options) => run((ctl) => setFees(ctl, options)));
}

interface Moving {
  readonly sats: bigint;
  readonly reason: string;
  readonly requestId?: string;
}

function requestIdOf(text: string): string {
  if (/^[0-9A-Za-z_-]{8,64}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be 8 to 64 letters, digits, - or _.");
}

function windowOf(text: string): number {
  const thousandths = Math.round(Number(text) * 1_000);
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text) && thousandths >= 100 && thousandths <= 1_000_000) {
    return thousandths;
  }
  throw new InvalidArgumentError(
    "It must be a number from 0.1 to 1000, with at most three decimals.",
  );
}

/** Where the answer is lost, the change may be done: sent again under its name it is not done twice. */
async function once<T>(
  ctl: Ctl,
  named: string | undefined,
  ask: (id: string) => Promise<T>,
): Promise<T> {
  const id = named ?? ctl.io.newId();
  try {
    return await ask(id);
  } catch (error) {
    if (isOpen(error)) ctl.complain(`To ask for the same once more, add --request-id ${id}`);
    throw error;
  }
}

/** Whether it may have been done all the same; a refusal says that it was not. */
function isOpen(error: unknown): boolean {
  return error instanceof ConnectError && OPEN.has(error.code);
}

const OPEN: ReadonlySet<Code> = new Set([
  Code.Canceled,
  Code.DeadlineExceeded,
  Code.Internal,
  Code.Unavailable,
  Code.Unknown,
]);

async function adjust(
  ctl: Ctl,
  account: string,
  { sats, reason, requestId }: Moving,
): Promise<void> {
  const ledger = await ledgerClient(ctl);
  const done = await once(
    ctl,
    requestId,
    (id) => ledger.adjust({ account, sats, reason, requestId: id }, ctl.pool.calling()),
  );
  ctl.out.said(AdjustResponseSchema, done, ({ adjustment, beforeSats, afterSats, again }) => [
    `adjustment ${adjustment}: ${account} had ${beforeSats} sats mature and has ${afterSats}${
      again ? AGAIN : ""
    }`,
  ]);
}

const AGAIN = "; it was done when this was asked before";

async function showReserve(ctl: Ctl): Promise<void> {
  const found = await (await ledgerClient(ctl)).getReserve({}, ctl.pool.calling());
  ctl.out.one(GetReserveResponseSchema, found, (one) => ({
    mature: one.matureSats,
    immature: one.immatureSats,
    floor: one.floorSats,
    scheme: one.fellBack ? `${one.scheme}, to which the pool fell back by itself` : one.scheme,
    needed: one.needed ? "yes" : "no: nothing is paid from it",
    "chance to be empty": one.ruin === undefined ? null : one.ruin.toPrecision(3),
  }));
}

async function moveReserve(ctl: Ctl, { sats, reason, requestId }: Moving): Promise<void> {
  const ledger = await ledgerClient(ctl);
  const done = await once(
    ctl,
    requestId,
    (id) => ledger.moveReserve({ sats, reason, requestId: id }, ctl.pool.calling()),
  );
  ctl.out.said(MoveReserveResponseSchema, done, ({ beforeSats, afterSats, again }) => [
    `the reserve had ${beforeSats} sats mature and has ${afterSats}${again ? AGAIN : ""}`,
  ]);
}

async function showSchedule(ctl: Ctl): Promise<void> {
  const found = await (await ledgerClient(ctl)).getSchedule({}, ctl.pool.calling());
  if (ctl.out.json) return ctl.out.list(GetScheduleResponseSchema, [found], () => ({}));
  ctl.out.rows(periodRows(found));
  ctl.out.line(
    `the pool takes ${found.feeBasisPoints / 100} %, and of what that leaves ${
      found.donationBasisPoints / 100
    } % as donation`,
  );
  ctl.out.table(
    "own rates",
    found.own.map((one) => ({
      account: one.account,
      "fee %": one.feeBasisPoints === undefined ? null : one.feeBasisPoints / 100,
      "donation %": one.donationBasisPoints === undefined ? null : one.donationBasisPoints / 100,
    })),
  );
}

function periodRows({ periods, inForce }: GetScheduleResponse) {
  return periods.map(({ fromMs, scheme, windowThousandths, fallback }, i) => ({
    from: time(fromMs) ?? "the beginning",
    scheme,
    window: scheme === "pplns" ? windowThousandths / 1_000 : null,
    state: i === inForce ? "in force" : i > inForce ? "planned" : "over",
    by: fallback ? "the pool itself" : "an operator",
  }));
}

async function setScheme(
  ctl: Ctl,
  scheme: string,
  { window = 0, at = 0, reason }: { window?: number; at?: number; reason: string },
): Promise<void> {
  const asked = { scheme, windowThousandths: window, fromMs: BigInt(at), reason };
  const done = await (await ledgerClient(ctl)).setScheme(asked, ctl.pool.calling());
  ctl.out.said(
    SetSchemeResponseSchema,
    done,
    ({ fromMs }) => [`${scheme} from ${time(fromMs)} on`],
  );
}

interface Rates {
  readonly fee?: number;
  readonly donation?: number;
  readonly account?: string;
  readonly at?: number;
  readonly reason: string;
}

async function setFees(
  ctl: Ctl,
  { fee, donation, account = "", at = 0, reason }: Rates,
): Promise<void> {
  if (fee === undefined && donation === undefined) {
    throw new Told("Name what is to change: --fee or --donation, or both", EXIT.mistake);
  }
  const done = await (await ledgerClient(ctl)).setFees({
    account,
    ...(fee === undefined ? {} : { feeBasisPoints: fee }),
    ...(donation === undefined ? {} : { donationBasisPoints: donation }),
    fromMs: BigInt(at),
    reason,
  }, ctl.pool.calling());
  ctl.out.said(SetFeesResponseSchema, done, ({ fromMs }) => [`in force from ${time(fromMs)} on`]);
}
