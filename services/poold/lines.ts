/**
 * What the console says, as text. Pure.
 *
 * @module
 */
import type { PayoutStanding, Summary } from "@gopool/ledger/summary";
import { type BlockFound, BlockOutcome } from "@gopool/proto";
import type { PartStatus } from "@gopool/runtime";
import type { PoolView } from "./console.ts";

/** How the pool goes, in one line. What is zero and good so is left out. */
export function statusLine(view: PoolView): string {
  const { sessions, height, shares, difficulty, waiting, spooled } = view.stratum();
  const { accepted, lost } = view.blocks();
  const judged = view.judged();
  const rate = view.miner()?.hashesPerSecond;
  const also = (n: number, what: string) => n > 0 ? [`${n} ${what}`] : [];
  return [
    `height ${height ?? "-"}`,
    `${sessions} miner${sessions === 1 ? "" : "s"}${rate ? ` (demo ${hashrate(rate)})` : ""}`,
    ...(difficulty === null ? [] : [`difficulty ${range(difficulty)}`]),
    [
      `shares ${shares.accepted} accepted`,
      `${judged.valid} booked${inAll(judged.valid, view.past.shares)}`,
      ...also(shares.rejected, "rejected"),
      ...also(shares.stale, "stale"),
      ...also(shares.notStored + shares.outcomeUnknown, "not stored"),
    ].join(", "),
    [`blocks ${accepted}`, ...also(lost, "LOST")].join(", ") +
    inAll(accepted + lost, view.past.blocks),
    ...booksLine(view.books()),
    ...also(waiting, "answers wait for the bus"),
    ...(spooled > 0 ? [`candidates on their way: ${spooled}`] : []),
    ...also(judged.disagreements, "DISAGREEMENTS"),
    ...named("DOWN", view.board().filter(({ health }) => health === "down")),
    ...named("troubled", view.board().filter(({ health }) => health === "degraded")),
  ].join(" | ");
}

/** What earlier runs left in the log counts on. */
function inAll(now: number, before: number): string {
  return before > 0 ? ` (${before + now} in the log)` : "";
}

/** Names of parts in one line: the sentences stand on lines of their own. */
const PARTS_SHOWN = 4;

function named(what: string, parts: readonly PartStatus[]): string[] {
  if (parts.length === 0) return [];
  const names = parts.slice(0, PARTS_SHOWN).map(({ part }) => part);
  const more = parts.length - names.length;
  return [`${what}: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
}

/** One block's end, in a sentence. */
export function blockLine({ facts, outcome, reason }: BlockFound): string {
  const block = `Block ${facts!.height} found by ${finder(facts!)}`;
  if (outcome !== BlockOutcome.ACCEPTED) return `${block} is LOST: ${reason}`;
  const sats = facts!.outputs.reduce((sum, output) => sum + output.sats, 0n);
  return `${block} is accepted: ${coins(sats)} BTC`;
}

function finder(
  { account, worker }: { readonly account: string; readonly worker: string },
): string {
  const name = account === "" ? "nobody" : shortened(account);
  return worker === "" ? name : `${name}.${worker}`;
}

/** The ends of an address: enough to know it by. */
function shortened(address: string): string {
  return address.length <= 20 ? address : `${address.slice(0, 10)}…${address.slice(-6)}`;
}

/** Satoshis as coins, exactly. */
export function coins(sats: bigint): string {
  const digits = String(sats).padStart(9, "0");
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`.replace(/\.?0+$/, "");
}

const PAYOUT_WORDS: Readonly<Record<PayoutStanding["state"], string>> = {
  awaiting: "waits for an operator: deno task ledger payouts approve",
  planned: "is planned",
  signed: "is signed",
  broadcast: "is on its way",
  confirmed: "is confirmed",
  cancelled: "is cancelled",
};

/** How a payout stands, in a sentence. */
export function payoutLine({ id, state, sats, payees }: PayoutStanding): string {
  const whom = `${payees} miner${payees === 1 ? "" : "s"}`;
  return `Payout ${id} of ${coins(sats)} BTC to ${whom} ${PAYOUT_WORDS[state]}`;
}

/** Balances, for the status line; nothing where there are none yet. */
export function booksLine(summary: Summary | undefined): string[] {
  if (summary === undefined) return [];
  const { immature, mature, paid } = summary;
  if (immature === 0n && mature === 0n && paid === 0n) return [];
  return [`owed ${coins(mature)} BTC and ${coins(immature)} immature, paid ${coins(paid)}`];
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** By how much a difficulty must have moved to be worth a line: less is the estimator's breathing. */
const WORTH_TELLING = 1.5;
/** Between two lines, ms: a fleet that connects has many difficulties in a moment. */
const TELL_EVERY_MS = 5_000;

/** Tells how the difficulty finds its level. */
export class DifficultyTeller {
  #told: Range | undefined;
  #toldMs = -Infinity;

  /** A sentence where the change since the last one is worth it, else null. */
  take(now: Range | null, nowMs: number): string | null {
    if (now === null) {
      this.#told = undefined;
      return null;
    }
    const before = this.#told;
    if (before !== undefined) {
      if (!moved(before.min, now.min) && !moved(before.max, now.max)) return null;
      if (nowMs - this.#toldMs < TELL_EVERY_MS) return null;
    }
    this.#told = now;
    this.#toldMs = nowMs;
    return before === undefined
      ? `Difficulty starts at ${range(now)}`
      : `Difficulty ${range(before)} -> ${range(now)}`;
  }
}

function moved(from: number, to: number): boolean {
  return Math.max(from / to, to / from) >= WORTH_TELLING;
}

function range({ min, max }: Range): string {
  return min === max ? short(min) : `${short(min)} to ${short(max)}`;
}

function short(n: number): string {
  return String(Number(n.toPrecision(3)));
}

function hashrate(perSecond: number): string {
  const units = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(perSecond) / 3)));
  return `${(perSecond / 1000 ** step).toPrecision(3)} ${units[step]}`;
}
