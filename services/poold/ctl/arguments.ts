/** What arguments may be, each refused with a sentence. @module */
import { spanText } from "@gopool/config";
import { InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../ledger/arguments.ts";
import { type Place, placeOf } from "./places.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A reader of `30s`, `10m`, `2h`, `7d` within bounds; gives ms. */
export function spanWithin(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const parts = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
    const ms = parts === null ? NaN : Math.round(Number(parts[1]) * UNIT_MS[parts[2]!]!);
    if (!(ms >= minMs && ms <= maxMs)) {
      throw new InvalidArgumentError(
        `It must be a time with its unit, from ${spanText(minMs)} to ${
          spanText(maxMs)
        }, as 30s or 10m.`,
      );
    }
    return ms;
  };
}

export function addressOf(text: string, before: readonly Place[] = []): readonly Place[] {
  try {
    return [...before, placeOf(text)];
  } catch (error) {
    throw new InvalidArgumentError(`It ${(error as Error).message}.`);
  }
}

/** A block's hash as the API takes it: 64 hex digits in lower case. */
export function hashText(text: string): string {
  const lower = text.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(lower)) {
    throw new InvalidArgumentError("It must be a block's hash: 64 hex digits.");
  }
  return lower;
}

/** More lines than anybody reads; a page of the API's has at most 1,000. */
const LIMIT_MAX = 100_000;

export const limit = (most: number) =>
  new Option("--limit <number>", "most lines").argParser((text) => {
    const number = wholeNumber(text);
    if (number < 1 || number > LIMIT_MAX) {
      throw new InvalidArgumentError(`It must be from 1 to ${LIMIT_MAX}.`);
    }
    return number;
  }).default(most);

/** Why: of everything that touches money. Who it was, the token says. */
export const reason = () =>
  new Option("--reason <text>", "why; kept for good").argParser((text) => {
    if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
    return text;
  }).makeOptionMandatory();
