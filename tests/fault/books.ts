/**
 * The books of a pool, read as a stranger reads them: the log alone, by the chain rule of `share.valid`. And what they
 * must say, given what the miners were told.
 *
 * @module
 */
import { type Bus, lag, shareRejected, shareSubmissions, shareValid } from "@gopool/bus";
import { fromHex, type Hash, toHex } from "@gopool/chain";
import { openNodes } from "@gopool/node";
import { Reason } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { decodeJudged, ruleOn, startOf } from "@gopool/shares";
import type { Submitted } from "./ledger_of_answers.ts";

/** A share as a reader counts it. */
export interface CountedShare {
  /** Of its header. */
  readonly hash: string;
  readonly work: bigint;
}

/**
 * Hashes of headers as a reader of the chain rule counts them, over all partitions, in order.
 *
 * @throws {Error} Where such a reader would stop.
 */
export async function counted(bus: Bus): Promise<string[]> {
  return (await countedShares(bus)).map(({ hash }) => hash);
}

/** The same, with what each is worth. */
export async function countedShares(bus: Bus): Promise<CountedShare[]> {
  const shares: CountedShare[] = [];
  for (const { partition, earliest } of await bus.ends(shareValid)) {
    let at = startOf(await bus.logId());
    for await (const { messages } of bus.read(shareValid, partition, earliest)) {
      for (const { value } of messages) {
        const share = decodeJudged(value);
        const ruling = ruleOn(at, share);
        if (ruling.kind === "drop") continue;
        if (ruling.kind !== "apply") throw new Error(`a reader stops: ${JSON.stringify(ruling)}`);
        at = ruling.position;
        const work = BigInt(`0x${toHex(share.work)}`);
        shares.push({ hash: toHex(share.headerHash), work });
      }
    }
  }
  return shares;
}

/** Submissions that the judges have not committed. */
export async function unjudged(bus: Bus): Promise<number> {
  const partitions = await lag(bus, shareSubmissions, "shareproc");
  return partitions.reduce((sum, { lag }) => sum + lag, 0);
}

/** Records of `share.rejected` that were answered true before, as repeats. */
export async function republished(bus: Bus): Promise<number> {
  let count = 0;
  for (const { partition, earliest } of await bus.ends(shareRejected)) {
    for await (const { messages } of bus.read(shareRejected, partition, earliest)) {
      const reasons = messages.map(({ value }) => decodeJudged(value).judgedReason);
      count += reasons.filter((reason) => reason === Reason.REPUBLISHED).length;
    }
  }
  return count;
}

/** What the books and the miners' answers come to. */
export interface Comparison {
  readonly submitted: number;
  readonly told: Readonly<Record<Submitted["told"], number>>;
  /** Refusals by their words. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly counted: number;
  /** Counted without a `true`: the answer was never sent, or said that the outcome is unknown. */
  readonly untold: number;
  /** Answered `true` and not counted. */
  readonly lost: readonly string[];
  /** Counted more than once. */
  readonly doubled: readonly string[];
  /** Counted though refused, or though nobody sent them. */
  readonly strange: readonly string[];
  /** Refused without a reason. */
  readonly mute: readonly string[];
}

/** Guarantee 2 as four empty lists. */
export function compare(answers: readonly Submitted[], valid: readonly string[]): Comparison {
  const byHash = new Map(answers.map((share) => [share.hash, share]));
  const once = new Set(valid);
  const seen = new Set<string>();
  const doubled = valid.filter((hash) => seen.has(hash) || !seen.add(hash));
  const told = { true: 0, refused: 0, unknown: 0, none: 0 };
  const reasons: Record<string, number> = {};
  for (const { told: word, reason } of answers) {
    told[word]++;
    if (word === "refused") reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const toldOf = (hash: string) => byHash.get(hash)?.told;
  return {
    submitted: answers.length,
    told,
    reasons,
    counted: valid.length,
    untold: [...once].filter((hash) => ["none", "unknown"].includes(toldOf(hash) ?? "")).length,
    lost: answers.filter(({ hash, told }) => told === "true" && !once.has(hash)).map(hashOf),
    doubled,
    strange: [...once].filter((hash) => [undefined, "refused"].includes(toldOf(hash))),
    mute: answers.filter(({ told, reason }) => told === "refused" && reason === "").map(hashOf),
  };
}

function hashOf({ hash }: Submitted): string {
  return hash;
}

/** Candidates that must reach a node: those that were answered, and those in the log whose answer was never sent. */
export function owedBlocks(answers: readonly Submitted[], valid: readonly string[]): string[] {
  const inLog = new Set(valid);
  return answers.filter(({ candidate, told, hash }) =>
    candidate && (told !== "none" || inLog.has(hash))
  ).map(hashOf);
}

/** Which of these blocks a node does not know, neither in its chain nor beside it. */
export async function unknownBlocks(url: string, hashes: readonly string[]): Promise<string[]> {
  await using nodes = openNodes({ nodes: [{ url: new URL(url) }] }, { clock: systemClock });
  const missing = [];
  // One after another: the node answers only so many at once.
  for (const hash of hashes) {
    if (await nodes.list[0]!.confirmations(fromHex(hash) as Hash) === null) missing.push(hash);
  }
  return missing;
}
