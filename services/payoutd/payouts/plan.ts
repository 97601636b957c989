/**
 * From balances and coins to payments: who is paid how much, by which coins, at which fee. Pure: whoever calls it reads
 * and writes the ledger.
 *
 * @module
 */
import { inputWeight, outputWeight, paymentWeight } from "@gopool/chain/psbt";
import { splitValue } from "@gopool/ledger/rewards";
import { dustLimit, feeOf } from "./fees.ts";
import { INPUTS_WEIGHT_MAX, TX_WEIGHT_MAX } from "./limits.ts";

export type FeePayer = "pool" | "shared";

/** An account that is due. */
export interface DueLine {
  /** Id in the ledger. */
  readonly account: number;
  /** Canonical address: the tie-break of shared fees. */
  readonly name: string;
  readonly script: Uint8Array;
  /** What can be paid. */
  readonly sats: bigint;
}

/** A coin that may be spent. */
export interface PlanCoin {
  readonly id: bigint;
  readonly sats: bigint;
  readonly script: Uint8Array;
}

export interface PlanRules {
  /** Satoshis per 1000 virtual bytes. */
  readonly feeRate: bigint;
  readonly feePayer: FeePayer;
  readonly changeScript: Uint8Array;
  readonly maxOutputs: number;
  /** What this payment may debit at most; null: no limit. */
  readonly budgetSats: bigint | null;
  /** A balance that only fits in part is paid in part, from this amount on. */
  readonly leastPartSats: bigint;
}

export interface PlanLine extends DueLine {
  /** The debit. The output is `grossSats - feeSats`. */
  readonly grossSats: bigint;
  readonly feeSats: bigint;
}

export interface Plan {
  readonly lines: readonly PlanLine[];
  readonly inputs: readonly PlanCoin[];
  /** Zero: no change output. */
  readonly changeSats: bigint;
  /** Inputs less outputs. */
  readonly feeSats: bigint;
  readonly weight: number;
}

/** Why lines were left for later; null: none was. */
export type Stop = "full" | "budget" | "coins" | null;

export interface Planned {
  /** Null: nothing can be paid. */
  readonly plan: Plan | null;
  readonly stop: Stop;
  /** Lines that the fee would turn to dust. */
  readonly dust: readonly DueLine[];
}

/**
 * One payment. Lines are paid in the order given, each whole, until the batch is full or the budget or the coins end;
 * the line at which they end is paid in part, and those behind it wait: a large balance would starve otherwise.
 *
 * Coins are taken in the order given, as many as it needs. The fee is that of the estimated weight; what is left of the
 * coins goes back as change, and where that would be dust, to the fee, at the pool's cost.
 *
 * @param lines Each at least the dust limit of its script. In the order of their turn.
 * @param coins Oldest first; of scripts that payments can spend.
 */
export function planPayment(
  lines: readonly DueLine[],
  coins: readonly PlanCoin[],
  rules: PlanRules,
): Planned {
  const usable = usableCoins(coins, rules.feeRate);
  const dust: DueLine[] = [];
  for (let left = lines;;) {
    const { taken, stop } = takeLines(left, usable, rules);
    if (taken.length === 0) return { plan: null, stop, dust };
    const { plan, tooSmall } = fund(taken, usable, rules);
    if (tooSmall.size === 0) return { plan, stop, dust };
    dust.push(...left.filter(({ account }) => tooSmall.has(account)));
    left = left.filter(({ account }) => !tooSmall.has(account));
  }
}

/** Coins worth more than it costs to spend them, as many as a payment can hold. */
function usableCoins(coins: readonly PlanCoin[], feeRate: bigint): PlanCoin[] {
  let weight = 0;
  const usable: PlanCoin[] = [];
  for (const coin of coins) {
    const own = inputWeight(coin.script);
    // Of a script that payments cannot spend: never given, and never used.
    if (own === null) continue;
    if (coin.sats <= feeOf(own, feeRate)) continue;
    if (weight + own > INPUTS_WEIGHT_MAX) break;
    weight += own;
    usable.push(coin);
  }
  return usable;
}

interface Taken extends DueLine {
  readonly grossSats: bigint;
}

/** The lines that fit, with what each is debited. */
function takeLines(
  lines: readonly DueLine[],
  coins: readonly PlanCoin[],
  { feeRate, feePayer, changeScript, maxOutputs, budgetSats, leastPartSats }: PlanRules,
): { taken: Taken[]; stop: Stop } {
  const inputScripts = coins.map(({ script }) => script);
  const inCoins = coins.reduce((sum, { sats }) => sum + sats, 0n);
  // The counts of outputs may take two bytes more each than with none.
  let weight = paymentWeight(inputScripts, []) + 4 * 4;
  let gross = 0n;
  const taken: Taken[] = [];
  for (const line of lines) {
    const own = outputWeight(line.script);
    const full = weight + own + outputWeight(changeScript) > TX_WEIGHT_MAX;
    if (full || taken.length >= maxOutputs) return { taken, stop: "full" };
    weight += own;
    const payable = inCoins - (feePayer === "pool" ? feeOf(weight, feeRate) : 0n) - gross;
    const allowed = budgetSats === null ? payable : budgetSats - gross;
    const room = allowed < payable ? allowed : payable;
    if (line.sats > room) {
      const least = leastPartSats > dustLimit(line.script) ? leastPartSats : dustLimit(line.script);
      if (room >= least) taken.push({ ...line, grossSats: room });
      return { taken, stop: allowed < payable ? "budget" : "coins" };
    }
    gross += line.sats;
    taken.push({ ...line, grossSats: line.sats });
  }
  return { taken, stop: null };
}

/** The coins that pay for the lines, the fee and the change; or the accounts that a shared fee would turn to dust. */
function fund(
  taken: readonly Taken[],
  coins: readonly PlanCoin[],
  { feeRate, feePayer, changeScript }: PlanRules,
): { plan: Plan | null; tooSmall: ReadonlySet<number> } {
  const outputScripts = taken.map(({ script }) => script);
  const gross = taken.reduce((sum, { grossSats }) => sum + grossSats, 0n);
  const inputs: PlanCoin[] = [];
  const inputScripts: Uint8Array[] = [];
  let sum = 0n;
  let bareFee = 0n;
  do {
    const coin = coins[inputs.length];
    // takeLines() has seen to it that all of them together are enough.
    if (coin === undefined) throw new Error("Cannot plan: the coins do not pay what fits them");
    inputs.push(coin);
    inputScripts.push(coin.script);
    sum += coin.sats;
    bareFee = feeOf(paymentWeight(inputScripts, outputScripts), feeRate);
  } while (sum < gross + (feePayer === "pool" ? bareFee : 0n));

  const withChange = paymentWeight(inputScripts, [...outputScripts, changeScript]);
  const changeFee = feeOf(withChange, feeRate);
  const rest = sum - gross - (feePayer === "pool" ? changeFee : 0n);
  const hasChange = rest >= dustLimit(changeScript);
  const aimed = hasChange ? changeFee : bareFee;
  const lines = feePayer === "pool"
    ? taken.map((line) => ({ ...line, feeSats: 0n }))
    : shareFee(aimed, taken);
  const tooSmall = new Set(
    lines.filter(({ grossSats, feeSats, script }) => grossSats - feeSats < dustLimit(script))
      .map(({ account }) => account),
  );
  if (tooSmall.size > 0) return { plan: null, tooSmall };
  const changeSats = hasChange ? rest : 0n;
  const paid = lines.reduce((total, { grossSats, feeSats }) => total + grossSats - feeSats, 0n);
  const weight = hasChange ? withChange : paymentWeight(inputScripts, outputScripts);
  const plan = { lines, inputs, changeSats, feeSats: sum - paid - changeSats, weight };
  return { plan, tooSmall };
}

/** The fee over the lines in proportion to their debits, by the rule of every split. */
function shareFee(fee: bigint, lines: readonly Taken[]): PlanLine[] {
  const { credits } = splitValue(
    fee,
    lines.map(({ name, grossSats }) => ({
      account: name,
      weight: grossSats,
      feeBasisPoints: 0,
      donationBasisPoints: 0,
    })),
  );
  const shares = new Map(credits.map(({ account, sats }) => [account, sats]));
  return lines.map((line) => ({ ...line, feeSats: shares.get(line.name)! }));
}
