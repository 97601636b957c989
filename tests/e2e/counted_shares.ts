/**
 * The pool's figures once more, from its topics alone and as plainly as can be: what tests hold the services' own figures
 * against. Nothing of statsd, the series or apiserver is used.
 *
 * @module
 */
import { blockFound, type Bus, decode, shareRejected, shareStale, shareValid } from "@gopool/bus";
import { asHash, displayHash, targetFromBits, workOfTarget } from "@gopool/chain";
import { BlockOutcome, Reason } from "@gopool/proto";

const MINUTE_MS = 60_000;

export type Status = "valid" | "rejected" | "stale";

/** A record of a result topic. */
export interface Judged {
  readonly status: Status;
  readonly account: string;
  readonly worker: string;
  /** Of the submission. */
  readonly atMs: number;
  /** How many it stands for. */
  readonly shares: number;
  readonly reason: string;
  /** Hashes; 0 unless it is valid. */
  readonly work: number;
  /** Blocks that its work finds on average. */
  readonly expected: number;
  readonly achieved: number;
}

export interface Found {
  readonly hash: string;
  readonly height: number;
  readonly atMs: number;
  readonly account: string;
}

const TOPICS = { valid: shareValid, rejected: shareRejected, stale: shareStale } as const;

/** Every judged share that stands in the topics now. */
export async function judgedShares(bus: Bus): Promise<Judged[]> {
  const found: Judged[] = [];
  for (const status of ["valid", "rejected", "stale"] as const) {
    const topic = TOPICS[status];
    for (const { partition, earliest } of await bus.ends(topic)) {
      for await (const { messages } of bus.read(topic, partition, earliest)) {
        for (const { value } of messages) {
          const one = decode(topic, value);
          const reason = one.judgedReason || one.reason;
          if (one.mark || one.operator !== undefined || reason === Reason.REPUBLISHED) continue;
          const work = status === "valid" ? numberOf(one.work) : 0;
          found.push({
            status,
            account: one.account,
            worker: one.worker,
            atMs: Number(one.loggedAtMs),
            shares: 1 + one.unlisted,
            reason: Reason[reason].toLowerCase().replaceAll("_", "-"),
            work,
            expected: work / Number(workOfTarget(targetFromBits(one.nbits))),
            achieved: one.achievedDifficulty,
          });
        }
      }
    }
  }
  return found;
}

/** The pool's blocks that a node accepted, the newest first, each once. */
export async function foundBlocks(bus: Bus): Promise<Found[]> {
  const blocks = new Map<string, Found>();
  for (const { partition, earliest } of await bus.ends(blockFound)) {
    for await (const { messages } of bus.read(blockFound, partition, earliest)) {
      for (const { value } of messages) {
        const { facts, outcome } = decode(blockFound, value);
        if (facts === undefined || outcome !== BlockOutcome.ACCEPTED) continue;
        const hash = displayHash(asHash(facts.hash));
        if (blocks.has(hash)) continue;
        const { height, account, foundAtMs } = facts;
        blocks.set(hash, { hash, height, account, atMs: Number(foundAtMs) });
      }
    }
  }
  return [...blocks.values()].toSorted((a, b) => b.atMs - a.atMs);
}

export interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Figures {
  readonly valid: number;
  readonly rejected: number;
  readonly stale: number;
  readonly work: number;
  readonly workSquared: number;
  readonly expected: number;
  readonly best: number;
  readonly reasons: Readonly<Record<string, number>>;
}

export function figuresOf(shares: readonly Judged[], { fromMs, untilMs }: Range): Figures {
  const counts = { valid: 0, rejected: 0, stale: 0 };
  const reasons: Record<string, number> = {};
  let work = 0, workSquared = 0, expected = 0, best = 0;
  for (const share of shares) {
    if (share.atMs < fromMs || share.atMs >= untilMs) continue;
    counts[share.status] += share.shares;
    if (share.status === "valid") {
      work += share.work;
      workSquared += share.work ** 2;
      expected += share.expected;
      best = Math.max(best, share.achieved);
    } else reasons[share.reason] = (reasons[share.reason] ?? 0) + share.shares;
  }
  return { ...counts, work, workSquared, expected, best, reasons };
}

/** As if work came evenly within each minute: the rule of efforts. */
export function expectedBetween(
  shares: readonly Judged[],
  fromMs: number,
  untilMs: number,
): number {
  let sum = 0;
  for (let minute = minuteOf(fromMs); minute < untilMs; minute += MINUTE_MS) {
    const { expected } = figuresOf(shares, { fromMs: minute, untilMs: minute + MINUTE_MS });
    const inside = Math.min(untilMs, minute + MINUTE_MS) - Math.max(fromMs, minute);
    sum += expected * inside / MINUTE_MS;
  }
  return sum;
}

/** When counting begins: the minute of the first share of any kind. */
export function firstMinute(shares: readonly Judged[]): number {
  return minuteOf(Math.min(...shares.map(({ atMs }) => atMs)));
}

export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function numberOf(bytes: Uint8Array): number {
  return Number(bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
}
