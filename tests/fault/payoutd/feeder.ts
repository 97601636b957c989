/**
 * Everything around payoutd: miners whose shares are judged, a chain on which blocks of the pool are found, replaced
 * and brought back, and what no writer of these topics should ever write. It keeps what the books must come to.
 *
 * @module
 */
import {
  blockCandidates,
  blockFound,
  type Bus,
  encodeRecord,
  type Message,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import {
  canonicalAddress,
  decodeBlock,
  hashFromDisplay,
  VARIANT_POOL,
  VARIANT_SOLO,
} from "@gopool/chain";
import type { TestChain } from "@gopool/node/fixture";
import { BlockFactsSchema, BlockOutcome, create, Verdict } from "@gopool/proto";
import { aborted, type Clock, type Random, runTogether, systemClock } from "@gopool/runtime";
import { appendJudgement, decodeSubmission, SubmissionWriter } from "@gopool/shares";
import { lieOnFound, lieOnValid } from "./lies.ts";

/** X, in thousandths of a unit: what is worked in some minutes. */
export const WINDOW_THOUSANDTHS = 600_000;
/** nBits of the miners' jobs: difficulty 1 and twice that. The simulated chain's own are the easiest there are. */
const JOB_BITS = [0x1d00ffff, 0x1c7fff80] as const;

export const PARTITIONS = 2;
export const MINERS = 12;

/** P2WPKH of 20 equal bytes, and its address. */
export const script = (n: number) => Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]);
export const address = (n: number) => canonicalAddress(script(n), "regtest")!;
/** Who finds blocks that are none of the pool's. */
const STRANGER = script(0xee);

/** A share that must count. */
export interface Counted {
  readonly account: string;
  readonly loggedAtMs: number;
  readonly nbits: number;
  readonly work: bigint;
}

/** A block of the pool's that was announced. */
export interface Announced {
  /** Display form. */
  readonly hash: string;
  readonly height: number;
  readonly foundAtMs: number;
  readonly value: bigint;
  readonly finder: string;
  /** Its coinbase paid the finder. */
  readonly solo: boolean;
}

export interface FeederOptions {
  /** Its clock stamps the records. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly chain: TestChain;
  readonly poolScript: Uint8Array;
  readonly random: Random;
  /** Between two handfuls of shares, and between two events on the chain; real milliseconds. */
  readonly shareEveryMs?: number;
  readonly eventEveryMs?: number;
}

const HANDFUL = 20;
/** Deepest reorganisation: below the maturity of the chain, above the confirmations of payouts. */
const REORGANISATION_MAX = 6;
/** Before a reorganisation the chain stands still for so many events: what is replaced is settled by then. */
const STILL_BEFORE = 6;
/** And after it: blocks are called orphans at a tip that stays. */
const STILL_AFTER = 7;
/** A publish may meet the file locked by the other process: however long that takes. */
const PATIENT = { deadlineMs: Infinity } as const;

export class Feeder {
  readonly counted: Counted[] = [];
  readonly announced: Announced[] = [];
  /** Records that cannot be used, by topic. */
  readonly lies = { valid: 0, found: 0 };
  readonly happened = { reorganisations: 0, returns: 0, repeats: 0, unknownBlocks: 0 };
  /** Whether blocks are found, by the pool or by others. */
  mining = true;
  readonly #writer = new SubmissionWriter();
  readonly #judged = new Map<number, { next: number; lastValid: number }>();
  /** What the next events are to be, where that is laid down. */
  readonly #plan: (() => Promise<void> | void)[] = [];
  #serial = 0;
  #sending = true;

  constructor(private readonly o: FeederOptions) {}

  /** Works until told to end. */
  async run(signal: AbortSignal): Promise<void> {
    const { shareEveryMs = 50, eventEveryMs = 400 } = this.o;
    const every = (ms: number, work: () => Promise<void>) => async (stop: AbortSignal) => {
      while (!stop.aborted) {
        await work();
        await systemClock.sleep(ms, stop);
      }
    };
    await runTogether(
      signal,
      every(shareEveryMs, () => this.#sending ? this.#submit() : Promise.resolve()),
      every(eventEveryMs, () => this.mining ? this.#event() : Promise.resolve()),
      (stop) =>
        this.o.bus.consume(
          shareSubmissions,
          { group: "shareproc", batchMax: 200, signal: stop },
          ({ partition, messages }) => this.#judge(partition, messages),
        ),
      aborted,
    );
  }

  /** No more shares and no more blocks; what was sent is judged when this resolves. */
  async rest(): Promise<void> {
    this.mining = this.#sending = false;
    const { bus } = this.o;
    for (;;) {
      const ends = await bus.ends(shareSubmissions);
      const done = ends.every(({ partition, next }) =>
        next === 0 || this.#judged.get(partition)?.next === next
      );
      if (done) return;
      await systemClock.sleep(20);
    }
  }

  /** Blocks of others, with what waits. */
  bury(count: number): void {
    this.o.chain.sim.mineTo(STRANGER, count);
  }

  #pick(below: number): number {
    return this.o.random.uint32() % below;
  }

  async #submit(): Promise<void> {
    const { bus } = this.o;
    const records = Array.from({ length: HANDFUL }, () => ({
      value: this.#writer.write(this.#submission()).slice(),
      key: new Uint8Array(4),
      partition: this.#pick(PARTITIONS),
    }));
    await bus.publish(shareSubmissions, records, PATIENT);
    if (this.#pick(10) === 0) this.lies.valid += await lieOnValid(bus, this.#pick(PARTITIONS));
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
  async #judge(partition: number, messages: readonly Message[]): Promise<void> {
    const { bus } = this.o;
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
      const work = 1n + BigInt(this.o.random.uint32());
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
        height: 1,
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
        this.happened.repeats += records.length;
      }
    }
    // Not by spreading: they may be many.
    for (const share of counted) this.counted.push(share);
    const next = Math.max(at.next, messages.at(-1)!.offset + 1);
    this.#judged.set(partition, { next, lastValid });
  }

  /** What happens next on the chain. */
  async #event(): Promise<void> {
    const planned = this.#plan.shift();
    if (planned !== undefined) return await planned();
    const dice = this.#pick(100);
    if (dice < 45) await this.#find(false);
    else if (dice < 50) await this.#find(true);
    else if (dice < 83) this.bury(1);
    else if (dice < 97) {
      this.#plan.push(...Array(STILL_BEFORE).fill(() => {}), () => this.#reorganise());
    } else {
      const lie = await lieOnFound(this.o.bus, this.o.clock.now(), this.#serial);
      this.lies.found += lie.unreadable;
      this.happened.unknownBlocks += lie.unknown;
    }
  }

  async #reorganise(): Promise<void> {
    const { sim, node } = this.o.chain;
    const depth = 2 + this.#pick(REORGANISATION_MAX - 1);
    const first = await node.hashAt(sim.height - depth + 1);
    sim.reorganise(depth);
    this.happened.reorganisations++;
    this.#plan.push(...Array(STILL_AFTER).fill(() => {}));
    if (this.#pick(5) < 2) return;
    this.#plan.push(() => {
      sim.bringBack(first!.toReversed().toHex());
      this.happened.returns++;
    });
  }

  /** A block of the pool's, told on block.found: sometimes twice, as blocksubmit may. */
  async #find(solo: boolean): Promise<void> {
    const { bus, chain, poolScript } = this.o;
    const miner = 1 + this.#pick(MINERS);
    const finder = this.#pick(8) === 0 && !solo ? "" : address(miner);
    const [mined] = chain.sim.mineTo(solo ? script(miner) : poolScript, 1);
    const hash = hashFromDisplay(mined!.hash);
    const raw = (await chain.node.block(hash))!;
    const { outputs } = decodeBlock(raw).transactions[0]!;
    // T is when the candidate was logged.
    const [candidate] = await bus.publish(
      blockCandidates,
      [{ value: new Uint8Array(1), key: hash }],
      PATIENT,
    );
    const foundAtMs = candidate!.loggedAtMs;
    const facts = create(BlockFactsSchema, {
      pool: "gopool",
      jobId: "0000000100000000",
      variant: solo ? VARIANT_SOLO : VARIANT_POOL,
      account: finder,
      worker: "rig",
      gateway: "gw",
      header: raw.slice(0, 80),
      hash,
      height: mined!.height,
      outputs: outputs.map(({ sats, script }) => ({ sats, script })),
      foundAtMs: BigInt(foundAtMs),
    });
    const found = { facts, outcome: BlockOutcome.ACCEPTED, reason: "" };
    const record = encodeRecord(blockFound, found, { key: hash });
    await bus.publish(blockFound, this.#pick(4) === 0 ? [record, record] : [record], PATIENT);
    const value = outputs.reduce((sum, { sats }) => sum + sats, 0n);
    const { height } = mined!;
    this.announced.push({ hash: mined!.hash, height, foundAtMs, value, finder, solo });
  }
}
