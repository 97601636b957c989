/** What arguments may be, each refused with a sentence. @module */
import { type Hash, hashFromDisplay } from "@gopool/chain";
import type { Actor } from "@gopool/ledger/audit";
import { InvalidArgumentError, Option } from "commander";

const SATS_MAX = 2_100_000_000_000_000n;

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError("It must be a whole number from 0 on.");
  }
  return number;
}

export function idOf(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) {
    throw new InvalidArgumentError("It must be a number, as the list has it.");
  }
  return BigInt(text);
}

/** May be negative. */
export function satsOf(text: string): bigint {
  const sats = /^[+-]?\d[\d_]{0,20}$/.test(text)
    ? BigInt(text.replaceAll("_", "").replace("+", ""))
    : null;
  if (sats === null || sats === 0n || sats > SATS_MAX || sats < -SATS_MAX) {
    throw new InvalidArgumentError("It must be a whole number of satoshis, not 0.");
  }
  return sats;
}

export function basisPointsOf(text: string): number {
  const points = Number(text);
  if (!/^\d{1,5}$/.test(text) || points > 10_000) {
    throw new InvalidArgumentError("It must be a whole number of basis points from 0 to 10000.");
  }
  return points;
}

export function blockOf(text: string): Hash {
  try {
    return hashFromDisplay(text);
  } catch {
    throw new InvalidArgumentError("It must be a block's hash: 64 hex digits.");
  }
}

/** Gives milliseconds since the Unix epoch. */
export function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError("It must be a time, as 2026-01-01T12:00:00Z.");
  }
  return ms;
}

export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export const json = () => new Option("--json", "one JSON object a line");
export const limit = (most: number) =>
  new Option("--limit <number>", "most lines").argParser(wholeNumber).default(most);

/** Who and why: of everything that changes something. */
export interface Signed {
  readonly operator: string;
  readonly reason: string;
}

/** @param command What was typed, as "adjust": it stands in the audit as "ledger adjust". */
export function actorOf(command: string, { operator, reason }: Signed): Actor {
  return { who: operator, method: `ledger ${command}`, reason };
}

export const operator = () =>
  new Option("--operator <name>", "who does it; kept for good").argParser(notEmpty)
    .makeOptionMandatory();
export const reason = () =>
  new Option("--reason <text>", "why; kept for good").argParser(notEmpty).makeOptionMandatory();

function notEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}
