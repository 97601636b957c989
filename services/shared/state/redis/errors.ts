import { StateUnavailable } from "../port.ts";
import { TOO_HIGH } from "./value_scripts.ts";

/** Answers after which the connection is of no use: another server is the master now, or we are not let in. */
const ENDING = ["READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "WRONGPASS"];

/** Whether the server has said this. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** Whether the server has refused with this code (the first word of its answer). */
export function isRefusal(error: Error, code: string): boolean {
  return new RegExp(`(^|: )-?${code}\\b`).test(error.message);
}

export function endsConnection(error: unknown): boolean {
  return error instanceof Error && ENDING.some((code) => isRefusal(error, code));
}

/** What the server or the socket said, as the port says it. Whatever is not the caller's mistake is an outage. */
export function translated(error: unknown, name: string): Error {
  const words = wordsOf(error);
  if (words.includes("is not an integer")) {
    return new TypeError("Cannot count this: it holds no number", { cause: error });
  }
  if (words.includes(TOO_HIGH) || words.includes("would overflow")) {
    return new RangeError("Cannot count past 2^53", { cause: error });
  }
  return new StateUnavailable(`${name}: ${words}`, { cause: error });
}

/** A sentence from whatever was thrown. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses of one name were tried: the last one's words stand for all.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return wordsOf(error.errors.at(-1));
  }
  const refused = /Requires net access to "([^"]+)"/.exec(error.message)?.[1];
  if (refused !== undefined) {
    return `this process may not reach ${refused}: add it to the state's URL, for a server that ` +
      `Sentinels name as &nodes=${refused}`;
  }
  return error.message || ("code" in error && String(error.code)) || error.name;
}

/** Why a Sentinel could not say where the master is. */
export function sentinelWords(error: unknown): string {
  const words = wordsOf(error);
  if (/invalid reply: null|No such master/.test(words)) {
    return "the Sentinels know no master of that name";
  }
  const [, place, why] = /to sentinel (\S+) because (.*)/.exec(words) ?? [];
  return place === undefined ? words : `the Sentinel ${place} does not answer: ${why}`;
}
