/**
 * What the simulated node is made of, and how its parts follow a change of the tip.
 *
 * @module
 */
import { displayHash } from "@gopool/chain";
import type { Clock, Random } from "@gopool/runtime";
import type { Entry } from "./block_index.ts";
import { ChainState, type TipMove } from "./chain_state.ts";
import type { Place } from "./context.ts";
import { type Block, isCoinbase, type Transaction } from "./decode.ts";
import type { Difficulty } from "./difficulty.ts";
import { type Added, type Judged, Mempool } from "./mempool.ts";
import { makeBlock } from "./miner.ts";
import { OWN_SCRIPTS } from "./own_scripts.ts";
import { COINBASE_MATURITY } from "./rules.ts";
import { ScriptChecker } from "./scripts.ts";
import { Spender } from "./spender.ts";
import type { ChainStore } from "./store.ts";
import { selectTransactions, TemplateMaker } from "./template.ts";

export type TransactionsPerBlock = number | { readonly min: number; readonly max: number };

export interface WorldOptions {
  readonly store: ChainStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly difficulty: Difficulty;
  readonly transactionsPerBlock: TransactionsPerBlock;
  readonly premine: number;
  /** Blocks until a coinbase may be spent; COINBASE_MATURITY by default. */
  readonly maturity?: number;
}

/** A block the node is to make itself. */
export interface MineOptions {
  /** With what waits; only on the tip. */
  readonly transactions?: boolean;
  /** These as well, before what waits; no fee is taken for them. */
  readonly include?: readonly Transaction[];
  /** Receives the whole reward; else one of the node's own scripts. */
  readonly script?: Uint8Array;
}

/** Outputs of the first block, the only ones ripe when the premine ends. */
const FIRST_OUTPUTS = 128;
/** Time between premined blocks, counted from the genesis block: the same chain for every node, in the past. */
const PREMINE_SPACING_S = 600;

/** What the log and getblockchaininfo say of a chain whose rewards ripen faster than Bitcoin's. */
export function quickMaturity(maturity: number): string {
  return `This chain is a simulation: a block's reward may be spent after ${maturity} blocks, not ${COINBASE_MATURITY}`;
}

export class World {
  readonly chain: ChainState;
  readonly mempool: Mempool;
  readonly templates: TemplateMaker;
  /** Blocks until a coinbase may be spent. */
  readonly maturity: number;
  readonly #options: WorldOptions;
  readonly #spender: Spender;
  #change = Promise.withResolvers<void>();
  #salt = 0;
  /** Not while the premine runs: the constructor's end sets mempool and coins right at once. */
  #ready = false;

  constructor(options: WorldOptions) {
    const { store, clock, random, difficulty, premine, maturity = COINBASE_MATURITY } = options;
    this.#options = options;
    if (!Number.isInteger(maturity) || maturity < 1) {
      throw new RangeError(`Cannot let rewards ripen after ${maturity} blocks: must be 1 or more`);
    }
    this.maturity = maturity;
    const scripts = new ScriptChecker();
    this.mempool = new Mempool(store, scripts);
    this.chain = new ChainState({
      store,
      clock,
      difficulty,
      easyUntil: premine,
      maturity,
      scripts,
      onTip: (move) => this.#onTip(move),
    });
    this.templates = new TemplateMaker(this.chain, this.mempool);
    this.#spender = new Spender({
      random,
      coin: (outpoint) => this.mempool.coin(outpoint),
      nextHeight: () => this.chain.tip.height + 1,
      maturity,
    });
    if (this.chain.tip.height === 0) this.chain.batch(() => this.#premine());
    this.#ready = true;
    this.#restart();
  }

  /** Resolves at the next change of tip or mempool. */
  get changed(): Promise<void> {
    return this.#change.promise;
  }

  /** A transaction from outside. */
  send(tx: Transaction): Added {
    const added = this.mempool.add(tx, this.nextPlace(), "relay");
    if (added.kind === "added") this.#tell();
    return added;
  }

  /** What `send` would say. */
  test(tx: Transaction): Judged {
    return this.mempool.judge(tx, this.nextPlace(), "relay");
  }

  /** Adds up to `count` generated transactions; fewer where the coins do not suffice. */
  generate(count: number): number {
    const place = this.nextPlace();
    let added = 0;
    for (; added < count; added++) {
      const tx = this.#spender.next();
      if (tx === null || this.mempool.add(tx, place, "block").kind === "refused") break;
      this.#spender.holdOutputs(tx, place.height, false);
    }
    if (added > 0) this.#tell();
    return added;
  }

  /** Puts these in the place of all that waits. Gives how many were taken. */
  replaceMempool(transactions: readonly Transaction[]): number {
    this.mempool.clear();
    this.#spender.reset(this.#options.store.coinsOf(OWN_SCRIPTS));
    const place = this.nextPlace();
    for (const tx of transactions) this.mempool.add(tx, place, "block");
    this.#tell();
    return this.mempool.size;
  }

  /** Makes a block on `parent` and takes it. */
  mine(parent: Entry, options: MineOptions): { entry: Entry; block: Block; proven: boolean } {
    const { chain } = this;
    const waiting = options.transactions && parent === chain.tip
      ? selectTransactions(this.mempool)
      : [];
    const included = options.include ?? [];
    const given = new Set(included.map(({ txid }) => displayHash(txid)));
    const made = makeBlock(chain, {
      parent,
      entries: [
        ...included.map((tx) => ({ tx, fee: 0n })),
        ...waiting.filter(({ id }) => !given.has(id)),
      ],
      scripts: options.script === undefined ? OWN_SCRIPTS : [options.script],
      outputs: 1,
      time: Math.max(chain.nowSeconds(), parent.medianTime + 1),
      // Never the same block twice, on this run or the next.
      salt: (this.#options.random.uint32() + ++this.#salt) >>> 0,
    });
    const accepted = chain.accept(made.block, { proofOfWork: made.proven, own: true });
    const entry = chain.index.get(made.block.hash);
    if (entry === undefined || accepted.kind === "invalid") {
      throw new Error(`The simulated node refused its own block: ${JSON.stringify(accepted)}`);
    }
    return { entry, block: made.block, proven: made.proven };
  }

  nextPlace(): Place {
    return this.chain.placeAfter(this.chain.tip);
  }

  #premine(): void {
    const { chain } = this;
    for (let height = 1; height <= this.#options.premine; height++) {
      const { block } = makeBlock(chain, {
        parent: chain.tip,
        entries: [],
        scripts: OWN_SCRIPTS,
        outputs: height === 1 ? FIRST_OUTPUTS : 1,
        time: chain.at(0)!.header.time + height * PREMINE_SPACING_S,
        salt: 0,
      });
      const accepted = chain.accept(block, { own: true });
      if (accepted.kind !== "connected") {
        throw new Error(`The premine failed at height ${height}: ${JSON.stringify(accepted)}`);
      }
    }
  }

  #onTip({ disconnected, connected }: TipMove): void {
    if (!this.#ready) return;
    if (disconnected.length === 0) {
      for (const block of connected) {
        this.mempool.confirm(block.transactions);
        const { height } = this.chain.index.get(block.hash)!;
        for (const tx of block.transactions) {
          this.#spender.holdOutputs(tx, height, isCoinbase(tx));
        }
      }
      this.#topUp();
      this.#tell();
      return;
    }
    const back = disconnected.toReversed().flatMap((block) => block.transactions.slice(1));
    this.mempool.rebuild(back, this.nextPlace());
    this.#restart();
  }

  #restart(): void {
    this.#spender.reset(this.#options.store.coinsOf(OWN_SCRIPTS));
    for (const { tx } of this.mempool.entries()) {
      this.#spender.holdOutputs(tx, this.chain.tip.height + 1, false);
    }
    this.#topUp();
    this.#tell();
  }

  #topUp(): void {
    const { transactionsPerBlock: wanted, random } = this.#options;
    const count = typeof wanted === "number"
      ? wanted
      : wanted.min + Math.floor(random.unit() * (wanted.max - wanted.min + 1));
    if (this.mempool.size < count) this.generate(count - this.mempool.size);
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
