/**
 * Miners and their judge: submissions that are accepted or refused, and what of them is valid, each naming the one before.
 * Sometimes a batch goes out twice, sometimes there is nonsense between.
 *
 * @module
 */
import { type Bus, type Message, shareSubmissions, shareValid } from "@gopool/bus";
import { canonicalAddress, VARIANT_POOL } from "@gopool/chain";
import { Verdict } from "@gopool/proto";
import type { Random } from "@gopool/runtime";
import { appendJudgement, decodeSubmission, SubmissionWriter } from "@gopool/shares";
import { lieOnValid, PATIENT } from "./lies.ts";

/** nBits of the miners' jobs: difficulty 1 and twice that. The simulated chain's own are the easiest there are. */
const JOB_BITS = [0x1d00ffff, 0x1c7fff80] as const;

export const PARTITIONS = 2;
export const MINERS = 12;

/** P2WPKH of 20 equal bytes, and its address. */
export const script = (n: number) => Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]);
export const address = (n: number) => canonicalAddress(script(n), "regtest")!;

/** A share that must count. */
export interface Counted {
  readonly account: string;
  readonly loggedAtMs: number;
  readonly nbits: number;
  readonly work: bigint;
}

const HANDFUL = 20;
/** Of 32 random bits: a share's work. All of a minute's come to less than blocks bring: PPS can be paid. */
const WORK_SHIFT = 10;

export class Miners {
  readonly counted: Counted[] = [];
  /** Records that cannot be read. */
  lies = 0;
  /** Records that were published twice. */
  repeats = 0;
  readonly #writer = new SubmissionWriter();
  readonly #judged = new Map<number, { next: number; lastValid: number }>();
  #serial = 0;

  /** @param height Of the block that is worked on. */
  constructor(
    private readonly bus: Bus,
    private readonly random: Random,
    private readonly height: () => number,
  ) {}

  /** Whether all that was sent is judged. */
  async isJudged(): Promise<boolean> {
    const ends = await this.bus.ends(shareSubmissions);
    return ends.every(({ partition, next }) =>
      next === 0 || this.#judged.get(partition)?.next === next
    );
  }

  #pick(below: number): number {
    return this.random.uint32() % below;
  }

  /** A handful of shares. */
  async submit(): Promise<void> {
    const { bus } = this;
    const records = Array.from({ length: HANDFUL }, () => ({
      value: this.#writer.write(this.#submission()).slice(),
      key: new Uint8Array(4),
      partition: this.#pick(PARTITIONS),
    }));
    await bus.publish(shareSubmissions, records, PATIENT);
    if (this.#pick(40) === 0) this.lies += await lieOnValid(bus, this.#pick(PARTITIONS));
  }

  #submission() {
    const headerHash = new Uint8Array(32).fill(7);
    new DataView(headerHash.buffer).setUint32(0, ++this.#serial);
    // Few miners have most of the work.
    const miner = 1 + this.#pick(1 + this.#pick(MINERS));
    return {
      pool: "gopool",
      gateway: "gw",
      session: "00000001",
      jobId: "0000000100000000",
      variant: VARIANT_POOL,
      account: address(miner),
      worker: `rig${this.#pick(3)}`,
      extranonce1: new Uint8Array(4),
      extranonce2: new Uint8Array(8),
      ntime: 0,
      nonce: 0,
      version: 0,
      target: new Uint8Array(32),
      headerHash,
      // Some were refused: offsets of valid ones are no neighbours.
      verdict: this.#pick(12) === 0 ? Verdict.REJECTED : Verdict.ACCEPTED,
      reason: 0,
      receivedAtMs: 0,
      jobSentAtMs: 0,
      processingUs: 0,
      userAgentClass: "",
      versionMask: 0,
      unlisted: 0,
    };
  }

  /** The judge: what was accepted is valid, each naming the one before. Sometimes a batch goes out twice. */
  async judge(partition: number, messages: readonly Message[]): Promise<void> {
    const { bus } = this;
    const at = this.#judged.get(partition) ?? { next: 0, lastValid: -1 };
    const logId = await bus.logId();
    const valid: Uint8Array[] = [];
    const counted: Counted[] = [];
    let { lastValid } = at;
    for (const { value, offset, loggedAtMs } of messages) {
      if (offset < at.next) continue;
      const { verdict, account } = decodeSubmission(value);
      if (verdict !== Verdict.ACCEPTED) continue;
      const nbits = JOB_BITS[offset % 2]!;
      const work = 1n + BigInt(this.random.uint32() >>> WORK_SHIFT);
      const workBytes = new Uint8Array(8);
      new DataView(workBytes.buffer).setBigUint64(0, work);
      valid.push(appendJudgement(value, {
        logId,
        sourcePartition: partition,
        sourceOffset: offset,
        previousValidOffset: lastValid,
        loggedAtMs,
        work: workBytes,
        nbits,
        height: this.height(),
        mark: false,
        judgedReason: 0,
      }));
      counted.push({ account, loggedAtMs, nbits, work });
      lastValid = offset;
    }
    if (valid.length > 0) {
      const records = valid.map((value) => ({ value, partition, key: new Uint8Array() }));
      await bus.publish(shareValid, records, PATIENT);
      if (this.#pick(10) === 0) {
        await bus.publish(shareValid, records, PATIENT);
        this.repeats += records.length;
      }
    }
    // Not by spreading: they may be many.
    for (const share of counted) this.counted.push(share);
    const next = Math.max(at.next, messages.at(-1)!.offset + 1);
    this.#judged.set(partition, { next, lastValid });
  }
}
