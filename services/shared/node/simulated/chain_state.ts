/**
 * The best chain: takes blocks, keeps the branch with the most work connected, and reorganises by itself.
 *
 * @module
 */
import type { Hash } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";
import { ancestorAt, BlockIndex, type Entry, forkOf, newEntry } from "./block_index.ts";
import { loadChain, toStored } from "./chain_load.ts";
import { checkBlock } from "./check.ts";
import { type Coins, CoinView, decodeCoins, encodeCoins } from "./coins.ts";
import { connectBlock } from "./connect.ts";
import { checkBlockAt, checkHeaderAt, type Place } from "./context.ts";
import { type Block, decodeBlock } from "./decode.ts";
import { type Difficulty, nextBits } from "./difficulty.ts";
import { POW_LIMIT_BITS } from "./rules.ts";
import type { ScriptChecker } from "./scripts.ts";
import type { ChainStore } from "./store.ts";
import { validateBlock } from "./validate.ts";
import { type Invalid, invalid, type Verdict } from "./verdict.ts";

/** What became of a submitted block. */
export type Accepted =
  /** It is on the best chain now. */
  | { readonly kind: "connected" }
  /** Good as far as anybody looked; another branch is better (submitblock: "inconclusive"). */
  | { readonly kind: "kept" }
  | { readonly kind: "duplicate" }
  | Invalid;

export interface TipMove {
  /** The former tip first. */
  readonly disconnected: readonly Block[];
  /** The new tip last. */
  readonly connected: readonly Block[];
}

export interface AcceptOptions {
  /** Off for blocks the node makes itself where their proof of work would take too long. */
  readonly proofOfWork?: boolean;
  /** Made by the node: its time says nothing of the miners' hash rate. */
  readonly own?: boolean;
}

export interface ChainStateDeps {
  readonly store: ChainStore;
  readonly clock: Clock;
  readonly difficulty: Difficulty;
  /** Blocks up to this height carry regtest's easiest target, whatever the rule. */
  readonly easyUntil: number;
  /** Blocks until a coinbase may be spent. */
  readonly maturity: number;
  readonly scripts: ScriptChecker;
  /** Called after each change of the tip, once it is on disk. */
  readonly onTip: (move: TipMove) => void;
}

export class ChainState {
  readonly index = new BlockIndex();
  readonly #deps: ChainStateDeps;
  readonly #startedMs: number;
  /** The best chain by height. */
  readonly #active: Entry[];
  #sequence: number;

  constructor(deps: ChainStateDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonic();
    const loaded = loadChain(deps.store, this.index);
    this.#active = loaded.active;
    this.#sequence = loaded.sequence;
  }

  get tip(): Entry {
    return this.#active.at(-1)!;
  }

  at(height: number): Entry | undefined {
    return this.#active[height];
  }

  isActive(entry: Entry): boolean {
    return this.#active[entry.height] === entry;
  }

  /** Coins of the best chain. */
  get coins(): Coins {
    return this.#deps.store;
  }

  block(entry: Entry): Block {
    return decodeBlock(this.#deps.store.raw(entry.hash));
  }

  /** The place after `parent`. */
  placeAfter(parent: Entry): Place {
    const height = parent.height + 1;
    return {
      height,
      nbits: height <= this.#deps.easyUntil
        ? POW_LIMIT_BITS
        : nextBits(this.#deps.difficulty, parent),
      medianTimePast: parent.medianTime,
      medianTimeBefore: (at) => ancestorAt(parent, Math.max(at - 1, 0)).medianTime,
      maturity: this.#deps.maturity,
    };
  }

  nowSeconds(): number {
    return Math.floor(this.#deps.clock.now() / 1000);
  }

  /** ProcessNewBlock: checks, keeps, and connects what is now best. Resolved means on disk. */
  accept(block: Block, options: AcceptOptions = {}): Accepted {
    const { proofOfWork = true, own = false } = options;
    const checked = checkBlock(block, { proofOfWork });
    if (checked.kind === "invalid") return checked;
    const known = this.#header(block);
    if (known.kind === "invalid") return known;
    const { entry } = known;
    if (entry.hasBody) return { kind: "duplicate" };
    const placed = checkBlockAt(block, this.placeAfter(entry.previous!));
    if (placed.kind === "invalid") {
      if (placed.fault !== "mutated") this.#refuse(entry);
      return placed;
    }
    this.#receive(entry, block, own);
    const outcome = this.#activate({ entry, block });
    if (outcome !== null) return outcome;
    return { kind: this.isActive(entry) ? "connected" : "kept" };
  }

  /** What the node would say of a block on its tip but for its proof of work (BIP 23); nothing is kept. */
  judge(block: Block): Verdict {
    return validateBlock(block, {
      place: this.placeAfter(this.tip),
      previousHash: this.tip.hash,
      coins: this.#deps.store,
      scripts: this.#deps.scripts,
      nowSeconds: this.nowSeconds(),
      proofOfWork: false,
    });
  }

  /** invalidateblock: the block and all after it are out until reconsidered. */
  invalidate(entry: Entry): void {
    this.#mark([...this.index.withDescendants(entry)], true);
    this.#activate();
  }

  /** reconsiderblock: forgets what was held against the block, those before it and those after it. */
  reconsider(entry: Entry): void {
    const entries = this.index.withDescendants(entry);
    for (let at = entry.previous; at !== null; at = at.previous) entries.add(at);
    this.#mark([...entries], false);
    this.#activate();
  }

  /** Several accepts as one write. A throw leaves memory ahead of the disk: only for the start. */
  batch(work: () => void): void {
    this.#deps.store.batch(work);
  }

  #header(block: Block): { kind: "known"; entry: Entry } | Invalid {
    const known = this.index.get(block.hash);
    if (known !== undefined) {
      return known.failed
        ? invalid("cached", "duplicate-invalid")
        : { kind: "known", entry: known };
    }
    const previous = this.index.get(block.header.previousHash);
    if (previous === undefined) return invalid("missing-previous", "prev-blk-not-found");
    if (previous.failed) return invalid("invalid-previous", "bad-prevblk");
    const verdict = checkHeaderAt(block.header, this.placeAfter(previous), this.nowSeconds());
    if (verdict.kind === "invalid") return verdict;
    const entry = newEntry(block.hash, block.header, previous);
    this.index.add(entry);
    return { kind: "known", entry };
  }

  #receive(entry: Entry, block: Block, own: boolean): void {
    const { clock } = this.#deps;
    entry.arrivedAtMs = Math.round(clock.now());
    entry.arrivedMonotonicMs = clock.monotonic();
    const since = Math.max(entry.previous!.arrivedMonotonicMs, this.#startedMs);
    entry.spanMs = own ? null : Math.round(entry.arrivedMonotonicMs - since);
    entry.sequence = ++this.#sequence;
    entry.transactions = block.transactions.length;
    entry.size = block.raw.length;
    entry.hasBody = true;
    // A body that was missing below may complete bodies that came before it.
    for (const one of this.index.withDescendants(entry)) {
      one.linked = one.hasBody && one.previous!.linked;
    }
  }

  #refuse(entry: Entry): void {
    for (const one of this.index.withDescendants(entry)) one.failed = true;
    entry.sequence = ++this.#sequence;
    this.#deps.store.write({ blocks: [toStored(entry, null)] });
  }

  #mark(entries: readonly Entry[], failed: boolean): void {
    for (const entry of entries) entry.failed = failed;
    this.#deps.store.write({ failed: entries.map(({ hash }) => ({ hash, failed })) });
  }

  /**
   * Moves to the best branch and writes it, with the block that has just come. Gives that block's fault where it is
   * the one that does not connect.
   */
  #activate(fresh?: { entry: Entry; block: Block }): Invalid | null {
    let fault: Invalid | null = null;
    let unwritten = fresh;
    while (true) {
      const best = this.index.best();
      const blocks = unwritten ? [toStored(unwritten.entry, unwritten.block.raw)] : [];
      if (best === this.tip) {
        if (blocks.length > 0) this.#deps.store.write({ blocks });
        return fault;
      }
      const move = this.#plan(best, fresh);
      if (move.kind === "broken") {
        if (move.entry === fresh?.entry) fault = move.fault;
        const broken = [...this.index.withDescendants(move.entry)];
        for (const entry of broken) entry.failed = true;
        this.#deps.store.write({
          blocks: unwritten ? [toStored(unwritten.entry, unwritten.block.raw)] : [],
          failed: broken.map(({ hash }) => ({ hash, failed: true })),
        });
        unwritten = undefined;
        continue;
      }
      this.#deps.store.write({
        blocks,
        tip: { tip: best.hash, connected: move.written, coins: move.view },
      });
      // Memory follows the disk, never the other way round.
      this.#active.length = move.fork.height + 1;
      for (const entry of move.entries) {
        entry.connectedOnce = true;
        this.#active.push(entry);
      }
      this.#deps.onTip({ disconnected: move.disconnected, connected: move.connected });
      return fault;
    }
  }

  #plan(best: Entry, fresh?: { entry: Entry; block: Block }) {
    const fork = forkOf(this.tip, best);
    const view = new CoinView(this.#deps.store);
    const disconnected: Block[] = [], connected: Block[] = [], entries: Entry[] = [];
    for (let at = this.tip; at !== fork; at = at.previous!) {
      const block = this.block(at);
      view.disconnect(block.transactions, decodeCoins(this.#deps.store.spent(at.hash)));
      disconnected.push(block);
    }
    for (let at = best; at !== fork; at = at.previous!) entries.unshift(at);
    const written: { hash: Hash; spent: Uint8Array }[] = [];
    for (const entry of entries) {
      const block = entry === fresh?.entry ? fresh.block : this.block(entry);
      const result = connectBlock(
        block,
        this.placeAfter(entry.previous!),
        view,
        this.#deps.scripts,
      );
      if (result.kind === "invalid") return { kind: "broken", entry, fault: result } as const;
      written.push({ hash: entry.hash, spent: encodeCoins(result.spent) });
      connected.push(block);
    }
    return { kind: "move", fork, view, entries, written, disconnected, connected } as const;
  }
}
