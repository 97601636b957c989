/** Commands that change the books by hand: corrections, schemes, fees, the reserve, miners' signed requests. @module */
import { canonicalAddress, scriptOfAddress } from "@gopool/chain";
import { accountsOf, MATURE, ownAccounts, post, type Tx } from "@gopool/ledger";
import { minuteOf } from "@gopool/ledger/shares";
import {
  type Decision,
  feesAt,
  moveReserve,
  schemeAt,
  type SchemeName,
  schemePeriods,
  setFees,
  setScheme,
} from "@gopool/ledger/schemes";
import { applyRequest } from "@gopool/payoutd/clients";
import { clientRulesOf } from "@gopool/payoutd/from_settings";
import { reserveStanding } from "@gopool/payoutd/pps";
import { type Command, InvalidArgumentError, Option } from "commander";
import { basisPointsOf, json, operator, reason, satsOf, type Signed, timeOf } from "./arguments.ts";
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
      run(async ({ ledger, clock, print }) => {
        const by = { operator, reason, nowMs: clock.now() };
        const why = await ledger.transaction((tx) => moveReserve(tx, sats, by), { money: true });
        if (why !== null) throw new Refused(why);
        print(`moved ${sats} sats`);
      })
    );

  program.command("request")
    .description("follows a miner's request: the line as it was signed, and the signature")
    .requiredOption("--text <line>", "the signed line")
    .requiredOption("--signature <base64>", "by the mining address (BIP 322, or BIP 137)")
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
  { ledger, network, clock, print }: Books,
  { account, sats, operator, reason }: Signed & { account: string; sats: bigint },
): Promise<void> {
  const nowMs = clock.now();
  const id = await ledger.transaction(async (tx) => {
    const own: Record<string, number> = await ownAccounts(tx);
    const target = own[account] ?? (await accountsOf(tx, [minerOf(account, network)]))[0]!;
    if (target === own.operator) {
      throw new Refused('"operator" is the other side of every adjustment');
    }
    // Coins and payouts stand beside them: what happens to those moves these.
    if ([own.wallet, own.rewards, own.transit].includes(target)) {
      throw new Refused(`"${account}" follows its coins or payouts: it is not adjusted by hand`);
    }
    const [row] = await tx.query<{ id: bigint }>(
      "INSERT INTO adjustment (kind, operator, reason, detail, at_ms) VALUES ('adjust', $1, $2, $3, $4) RETURNING id",
      [operator, reason, { account, sats: String(sats) }, nowMs],
    );
    await post(tx, "adjust", { adjustmentId: row!.id }, [
      { account: target, bucket: MATURE, sats },
      { account: own.operator!, bucket: MATURE, sats: -sats },
    ], nowMs);
    return row!.id;
  }, { money: true });
  print(`adjustment ${id}: ${sats} sats to ${account}`);
}

function minerOf(address: string, network: Books["network"]): string {
  const canonical = canonicalAddress(scriptOfAddress(address, network), network);
  if (canonical === address) return address;
  throw new Refused(`${address} is written otherwise in the books: ${canonical}`);
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
  { ledger, clock, print }: Books,
  scheme: SchemeName,
  { window, at, operator, reason }: Signed & { window?: number; at?: number },
): Promise<void> {
  const nowMs = clock.now();
  const decision = await ledger.transaction(async (tx) => {
    const { params } = schemeAt(await schemePeriods(tx), minuteOf(nowMs));
    return await setScheme(tx, {
      scheme,
      params: { windowThousandths: window ?? params.windowThousandths },
      fromMinute: at === undefined ? null : minuteExactly(at),
    }, { operator, reason, nowMs });
  }, { money: true });
  say(decision, `${scheme} pays shares`, print);
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

async function changeFees(
  { ledger, network, clock, print }: Books,
  options: FeeOptions,
): Promise<void> {
  const { fee, donation, account, at, operator, reason } = options;
  if (fee === undefined && donation === undefined) {
    throw new Refused("Name --fee, --donation, or both");
  }
  const nowMs = clock.now();
  const decision = await ledger.transaction(async (tx: Tx) => {
    const id = account === undefined ? null : await minerId(tx, minerOf(account, network));
    return await setFees(tx, {
      account: id,
      ...(fee === undefined ? {} : { feeBasisPoints: fee }),
      ...(donation === undefined ? {} : { donationBasisPoints: donation }),
      fromMs: at === undefined ? null : minuteExactly(at) * 60_000,
    }, { operator, reason, nowMs });
  }, { money: true });
  say(decision, "the rates count", print);
}

/** Of a miner that the books know: no account is made, for shares' lock is to be taken before. */
async function minerId(tx: Tx, address: string): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    "SELECT id FROM account WHERE kind = 'miner' AND name = $1",
    [address],
  );
  if (row === undefined) throw new Refused(`The books have no account ${address}`);
  return row.id;
}

function minuteExactly(ms: number): number {
  if (ms % 60_000 !== 0) throw new Refused("--at must be a whole minute");
  return ms / 60_000;
}

function say(decision: Decision, what: string, print: (line: string) => void): void {
  if (decision.kind === "refused") throw new Refused(decision.why);
  print(`${what} from ${time(decision.fromMs)} on`);
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
  { text, signature }: { text: string; signature: string },
): Promise<void> {
  const { ledger, network, clock, print } = books;
  const rules = clientRulesOf(ownConfig(books), await payoutdSettings(books), network);
  const verdict = await ledger.transaction(
    (tx) => applyRequest(tx, { text, signature }, rules, clock.now()),
    { money: true },
  );
  if (verdict.kind === "refused") throw new Refused(`${verdict.reason}: ${verdict.why}`);
  const { before, after, fromMs, again } = verdict;
  print(
    `${again ? "was applied before" : "applied"}: ${before} becomes ${after}, from ${
      time(fromMs)
    } on`,
  );
}
