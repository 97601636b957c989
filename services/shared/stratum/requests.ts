/**
 * Typed readers of each method's params. A reader never throws; what cannot be used is a problem in a few
 * words. mining.submit has its own file, and so has mining.configure.
 *
 * @module
 */
import { difficultyOfTarget, fromHex, targetFromBytes } from "@gopool/chain";
import { readDifficulty, splitUsername, type Username } from "./identity.ts";
import { MAX_TEXT_LENGTH } from "./limits.ts";
import { bad, good, isPlainText, type Reading } from "./reading.ts";

const METHODS = [
  "mining.subscribe",
  "mining.authorize",
  "mining.configure",
  "mining.submit",
  "mining.suggest_difficulty",
  "mining.suggest_target",
  "mining.extranonce.subscribe",
  "mining.get_transactions",
  "mining.ping",
  "mining.pong",
] as const;

/** A method a miner may call, by its one name here. */
export type Method = typeof METHODS[number];

const BY_NAME: ReadonlyMap<string, Method> = new Map<string, Method>([
  ...METHODS.map((method) => [method, method] as const),
  // ESP-Miner answers mining.ping with a message of its own.
  ["pong", "mining.pong"],
]);

/** `mining.suggest_difficulty(1000)`: the number inside the name, a form ckpool reads too. */
const SUGGESTION_IN_NAME = /^mining\.suggest_difficulty\((.{0,64})\)$/;

/** @returns undefined for a method no pool has: answered with an error, never with silence. */
export function methodOf(name: string): Method | undefined {
  return BY_NAME.get(name) ??
    (SUGGESTION_IN_NAME.test(name) ? "mining.suggest_difficulty" : undefined);
}

export interface Subscribe {
  /** "" where none was sent: cgminer's second try has no params at all. At most 256 characters. */
  readonly userAgent: string;
  /** A session to take up again: what an earlier subscribe reply carried, or btcpool's extranonce1. */
  readonly sessionId?: string;
}

/**
 * mining.subscribe: `[]`, `[agent]`, `[agent, session]` or more (old bmminer sends a number third). Nothing
 * in it is worth refusing a miner for: what is no text is taken as not sent.
 */
export function readSubscribe(params: readonly unknown[]): Reading<Subscribe> {
  const [agent, session] = params;
  const userAgent = typeof agent === "string"
    ? agent.toWellFormed().replaceAll(/\p{Cc}/gu, " ").trim().slice(0, MAX_TEXT_LENGTH)
      .toWellFormed()
    : "";
  return good({
    userAgent,
    ...(isPlainText(session) && session !== "" ? { sessionId: session } : {}),
  });
}

export interface Authorize extends Username {
  /** As sent, at most 256 characters: the key under which submits of this worker come. */
  readonly username: string;
  /** Cut at 256 characters. See passwordOptions. */
  readonly password: string;
}

/** mining.authorize: `[username]` or `[username, password]`; any password is accepted as it is. */
export function readAuthorize(params: readonly unknown[]): Reading<Authorize> {
  const [username, password] = params;
  if (!isPlainText(username)) return bad("username must be text of at most 256 characters");
  const { address, worker } = splitUsername(username);
  if (address === "") return bad("username must begin with an address");
  const word = typeof password === "string" || typeof password === "number" ? `${password}` : "";
  return good({ username, address, worker, password: word.slice(0, MAX_TEXT_LENGTH) });
}

/**
 * mining.suggest_difficulty: a number (ESP-Miner, NerdMiner with a fraction), or text (cpuminer-opt).
 *
 * @param name The method as sent: ckpool's form has the number in it.
 */
export function readSuggestDifficulty(
  params: readonly unknown[],
  name = "mining.suggest_difficulty",
): Reading<number> {
  const inName = SUGGESTION_IN_NAME.exec(name)?.[1];
  const difficulty = readDifficulty(params.length > 0 ? params[0] : inName);
  return difficulty === undefined
    ? bad("difficulty must be a number above zero")
    : good(difficulty);
}

/**
 * mining.suggest_target (bfgminer): the target in hex, most significant digit first.
 *
 * @returns The difficulty that target stands for.
 */
export function readSuggestTarget(params: readonly unknown[]): Reading<number> {
  const [text] = params;
  if (typeof text !== "string" || !/^[0-9a-f]{1,64}$/i.test(text)) {
    return bad("target must be 64 hex digits");
  }
  const target = targetFromBytes(fromHex(text.padStart(64, "0")));
  if (target === 0n) return bad("target must be above zero");
  // A target small enough gives a difficulty no machine reaches; the bound keeps it a number to work with.
  const difficulty = readDifficulty(difficultyOfTarget(target));
  return difficulty === undefined ? bad("target is out of range") : good(difficulty);
}

/** mining.get_transactions: `[job id]`. */
export function readGetTransactions(params: readonly unknown[]): Reading<string> {
  const [jobId] = params;
  return isPlainText(jobId) ? good(jobId) : bad("job id must be text of at most 256 characters");
}
