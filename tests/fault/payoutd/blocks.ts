/**
 * A chain on which blocks of the pool are found and announced, replaced, and brought back.
 *
 * @module
 */
import { blockCandidates, blockFound, type Bus, encodeRecord } from "@gopool/bus";
import { decodeBlock, hashFromDisplay, VARIANT_POOL, VARIANT_SOLO } from "@gopool/chain";
import type { TestChain } from "@gopool/node/fixture";
import { BlockFactsSchema, BlockOutcome, create } from "@gopool/proto";
import type { Clock, Random } from "@gopool/runtime";
import { lieOnFound, PATIENT } from "./lies.ts";
import { address, MINERS, script } from "./miners.ts";

/** Who finds blocks that are none of the pool's. */
const STRANGER = script(0xee);

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

export interface BlocksOptions {
  /** Its clock stamps the records. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly chain: TestChain;
  readonly poolScript: Uint8Array;
  readonly random: Random;
  /** How many of a hundred events begin a reorganisation, at most 9. */
  readonly reorganisePercent?: number;
  /** Whether all of these blocks (display form) that the books have are called orphans there. */
  readonly orphaned?: (hashes: readonly string[]) => Promise<boolean>;
}

const REORGANISE_PERCENT = 5;
/** Deepest reorganisation: below the maturity of the chain, above the confirmations of payouts. */
const REORGANISATION_MAX = 6;
const REORGANISATION_LESS = 4;
/** Before a reorganisation the chain stands still for so long: what is replaced is settled by then. By the fast clock. */
const STILL_BEFORE_MS = 150_000;
/** And after it: blocks are called orphans at a tip that stays. Who is killed meanwhile begins to count anew. */
const STILL_AFTER_MS = 150_000;
const BACK_AFTER_MS = 800_000;

export class Blocks {
  readonly announced: Announced[] = [];
  /** Records that cannot be used. */
  lies = 0;
  readonly happened = { reorganisations: 0, returns: 0, unknownBlocks: 0 };
  /** What the next events are to be, where that is laid down; false: it is to be tried again. */
  readonly #plan: (() => Promise<boolean | void> | void)[] = [];
  #stillUntilMs = 0;
  #lied = 0;

  readonly #percent: number;

  constructor(private readonly o: BlocksOptions) {
    this.#percent = o.reorganisePercent ?? REORGANISE_PERCENT;
  }

  /** Blocks of others, with what waits. */
  bury(count: number): void {
    this.o.chain.sim.mineTo(STRANGER, count);
  }

  /** Lays a reorganisation down, where none is. */
  reorganiseSoon(): void {
    if (this.#plan.length > 0) return;
    this.#plan.push(
      () => this.#find(false),
      () => this.bury(1),
      () => this.#still(STILL_BEFORE_MS),
      () => this.#reorganise(),
    );
  }

  #still(ms: number): void {
    this.#stillUntilMs = this.o.clock.now() + ms;
  }

  #pick(below: number): number {
    return this.o.random.uint32() % below;
  }

  /** What happens next on the chain. */
  async event(): Promise<void> {
    if (this.o.clock.now() < this.#stillUntilMs) return;
    const [planned] = this.#plan;
    if (planned !== undefined) {
      if (await planned() !== false) this.#plan.shift();
      return;
    }
    const dice = this.#pick(100);
    if (dice < 30) await this.#find(false);
    else if (dice < 36) await this.#find(true);
    else if (dice < 91) this.bury(1);
    else if (dice < 91 + this.#percent) this.reorganiseSoon();
    else {
      const lie = await lieOnFound(this.o.bus, this.o.clock.now(), ++this.#lied);
      this.lies += lie.unreadable;
      this.happened.unknownBlocks += lie.unknown;
    }
  }

  /** Every other one is undone: when the books call all that it took orphans, or have had time enough to. */
  #reorganise(): void {
    const { sim } = this.o.chain;
    const depth = REORGANISATION_MAX - this.#pick(REORGANISATION_LESS);
    const fork = sim.height - depth;
    const last = sim.bestHash;
    const gone = this.announced.filter(({ height }) => height > fork).map(({ hash }) => hash);
    sim.reorganise(depth);
    this.happened.reorganisations++;
    this.#still(STILL_AFTER_MS);
    if (this.happened.reorganisations % 2 === 0) return;
    const { clock, orphaned = () => Promise.resolve(false) } = this.o;
    const latestMs = clock.now() + BACK_AFTER_MS;
    this.#plan.push(async () => {
      if (clock.now() < latestMs && !await orphaned(gone)) return false;
      sim.bringBack(last);
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
