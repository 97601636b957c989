/** Commands that change the books by hand: corrections, schemes, fees, the reserve, miners' signed requests. @module */
import { minuteOf } from "@gopool/ledger/shares";
import { feesAt, schemeAt, type SchemeName, schemePeriods } from "@gopool/ledger/schemes";
import {
  adjust as putRight,
  followRequest,
  moveReserve,
  setFees,
  setScheme,
} from "@gopool/payoutd/desk";
import { clientRulesOf } from "@gopool/payoutd/from_settings";
import { reserveStanding } from "@gopool/payoutd/pps";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  actorOf,
  basisPointsOf,
  json,
  operator,
  reason,
  satsOf,
  type Signed,
  timeOf,
} from "./arguments.ts";
import { ownConfig } from "./check.ts";
import type { Books } from "./open.ts";
import { payoutdSettings } from "./payouts.ts";
import { Refused } from "./refused.ts";
import { show, showOne, time } from "./show.ts";

type Run = (work: (books: Books) => Promise<void>) => Promise<void>;

const SCHEMES: readonly SchemeName[] = ["pplns", "solo", "pps", "fpps", "prop"];
const at = (what: string) =>
  new Option(
    "--at <time>",
    `from when ${what}, a whole minute that has not begun; default: as soon as may be`,
  )
    .argParser(timeOf);

export function changeCommands(program: Command, run: Run): void {
  program.command("adjust")
    .description(
      'moves money between an account and "operator", whose other side is outside the books',
    )
    .requiredOption(
      "--account <name>",
      "a miner's address, or the kind of one of the pool's own accounts",
    )
    .addOption(
      new Option("--sats <amount>", "more owed to the account, or, negative, less").argParser(
        satsOf,
      ).makeOptionMandatory(),
    )
    .addOption(operator()).addOption(reason())
    .action((options) => run((books) => adjust(books, options)));

  const scheme = program.command("scheme")
    .description("which scheme pays shares, since when, and what is planned")
    .addOption(json())
    .action(({ json = false }) => run((books) => listSchemes(books, json)));
  scheme.command("set")
    .addArgument(scheme.createArgument("<name>").choices(SCHEMES))
    .description("has another scheme take effect")
    .addOption(
      new Option("--window <number>", "X of PPLNS, up to three decimals; default: as it is")
        .argParser(windowOf),
    )
    .addOption(at("it counts"))
    .addOption(operator()).addOption(reason())
    .action((name, options) => run((books) => changeScheme(books, name, options)));

  const fee = program.command("fee")
    .description("the pool's rates, and those of accounts that have their own")
    .addOption(json())
    .action(({ json = false }) => run((books) => listFees(books, json)));
  fee.command("set")
    .description("has other rates take effect, of the pool or of one account")
    .addOption(
      new Option("--fee <basis points>", "hundredths of a percent").argParser(basisPointsOf),
    )
    .addOption(
      new Option("--donation <basis points>", "of what the fee leaves").argParser(basisPointsOf),
    )
    .option("--account <address>", "of this miner alone")
    .addOption(at("they count"))
    .addOption(operator()).addOption(reason())
    .action((options) => run((books) => changeFees(books, options)));

  const reserve = program.command("reserve")
    .description("what PPS and FPPS pay from, and the chance that it is ever empty")
    .addOption(json())
    .action(({ json = false }) => run((books) => showReserve(books, json)));
  reserve.command("move")
    .description("puts money of the operator's into the reserve, or takes some out")
    .addOption(
      new Option("--sats <amount>", "into it, or, negative, out of it").argParser(satsOf)
        .makeOptionMandatory(),
    )
    .addOption(operator()).addOption(reason())
    .action(({ sats, operator, reason }) =>
      run(async (books) => {
        await moveReserve(books, sats, actorOf("reserve move", { operator, reason }));
        books.print(`moved ${sats} sats`);
      })
    );

  program.command("request")
    .description("follows a miner's request: the line as it was signed, and the signature")
    .requiredOption("--text <line>", "the signed line")
    .requiredOption("--signature <base64>", "by the mining address (BIP 322, or BIP 137)")
    .option("--operator <name>", "who hands it in; kept for good", "operator")
    .action((options) => run((books) => request(books, options)));
}

function windowOf(text: string): number {
  const parts = /^(\d{1,4})(?:\.(\d{1,3}))?$/.exec(text);
  const thousandths = parts === null
    ? 0
    : Number(parts[1]) * 1_000 + Number((parts[2] ?? "").padEnd(3, "0"));
  if (thousandths < 100 || thousandths > 1_000_000) {
    throw new InvalidArgumentError(
      "It must be a number from 0.1 to 1000 with at most three decimals.",
    );
  }
  return thousandths;
}

async function adjust(
  books: Books,
  { account, sats, ...by }: Signed & { account: string; sats: bigint },
): Promise<void> {
  const { adjustment } = await putRight(books, { account, sats }, actorOf("adjust", by));
  books.print(`adjustment ${adjustment}: ${sats} sats to ${account}`);
}

async function listSchemes({ ledger, clock, print }: Books, json: boolean): Promise<void> {
  const periods = await ledger.transaction(schemePeriods, { snapshot: true });
  const now = schemeAt(periods, minuteOf(clock.now()));
  show(
    periods.map((period) => ({
      from: period.fromMinute === 0 ? "the beginning" : time(period.fromMinute * 60_000),
      scheme: period.scheme,
      window: period.params.windowThousandths / 1_000,
      "in force": period.id === now.id ? "now" : "",
    })),
    json,
    print,
  );
}

async function changeScheme(
  books: Books,
  scheme: SchemeName,
  { window, at, ...by }: Signed & { window?: number; at?: number },
): Promise<void> {
  const order = { scheme, windowThousandths: window ?? null, fromMs: at ?? null };
  const fromMs = await setScheme(books, order, actorOf("scheme set", by));
  books.print(`${scheme} pays shares from ${time(fromMs)} on`);
}

async function listFees({ ledger, clock, print }: Books, json: boolean): Promise<void> {
  const { pool, own } = await ledger.transaction((tx) => feesAt(tx, clock.now()), {
    snapshot: true,
  });
  const rows = [["the pool", pool] as const, ...own].map(([account, rates]) => ({
    account,
    fee: rates.feeBasisPoints ?? "the pool's",
    donation: rates.donationBasisPoints ?? "the pool's",
  }));
  show(rows, json, print);
}

interface FeeOptions extends Signed {
  readonly fee?: number;
  readonly donation?: number;
  readonly account?: string;
  readonly at?: number;
}

async function changeFees(books: Books, options: FeeOptions): Promise<void> {
  const { fee, donation, account, at, ...by } = options;
  const fromMs = await setFees(books, {
    account: account ?? null,
    feeBasisPoints: fee ?? null,
    donationBasisPoints: donation ?? null,
    fromMs: at ?? null,
  }, actorOf("fee set", by));
  books.print(`the rates count from ${time(fromMs)} on`);
}

async function showReserve(books: Books, json: boolean): Promise<void> {
  const { ledger, network, clock, print } = books;
  const { reserveFloor: floor } = ownConfig(books);
  const standing = await ledger.transaction(
    (tx) => reserveStanding(tx, { network, floor, nowMs: clock.now() }),
    { snapshot: true },
  );
  const { immature, mature, period, isNeeded, ruin } = standing;
  showOne(
    {
      mature,
      immature,
      floor,
      scheme: period.scheme,
      "fell back": period.isFallback ? "yes" : "no",
      "is paid from": isNeeded ? "yes" : "no",
      "ever empty": ruin === null ? null : `${(ruin * 100).toPrecision(2)} %`,
    },
    json,
    print,
  );
}

async function request(
  books: Books,
  { text, signature, operator }: { text: string; signature: string; operator: string },
): Promise<void> {
  const { network, print } = books;
  const rules = clientRulesOf(await payoutdSettings(books), network);
  const verdict = await followRequest(books, { text, signature }, rules, {
    who: operator,
    method: "ledger request",
  });
  if (verdict.kind === "refused") throw new Refused(`${verdict.reason}: ${verdict.why}`);
  const { before, after, fromMs, again } = verdict;
  print(
    `${again ? "was applied before" : "applied"}: ${before} becomes ${after}, from ${
      time(fromMs)
    } on`,
  );
}
