/**
 * Several nodes as one: the choice of the tip, of the node to work from, and blocks to all.
 *
 * @module
 */
import { displayHash, type Network } from "@gopool/chain";
import { type Clock, runTogether } from "@gopool/runtime";
import { TipChooser } from "./chooser.ts";
import { Preference } from "./preference.ts";
import { TipBook } from "./tip_book.ts";
import { Mailbox } from "./mailbox.ts";
import { type NodeDeps, openNode } from "./open.ts";
import type {
  BestTip,
  NamedHealth,
  Node,
  NodeAnswer,
  NodePreference,
  Nodes,
  NodeStanding,
  Telling,
  Tip,
} from "./port.ts";
import type { NodesSettings } from "./settings.ts";
import { submitTo } from "./submit.ts";

export type NodesDeps = NodeDeps;

/** How long a tip must be gone before a lower one is taken: a node restarts in less. */
const GONE_FOR_MS = 30_000;
/** How often healths are looked at, and the time a tip has been gone. */
const TICK_MS = 1_000;
/** Between two questions to nodes that do not answer yet. */
const ASK_AGAIN_MS = 1_000;
/** Between two looks at a node that is on another network: somebody has to change its settings first. */
const FOREIGN_RETRY_MS = 10_000;

/**
 * Opens the nodes of the settings. Nothing is asked of them yet, so this does not fail because one is away.
 *
 * @throws {RangeError} In a sentence, where the settings cannot be used.
 */
export function openNodes(settings: NodesSettings, deps: NodesDeps): Nodes {
  if (settings.nodes.length === 0) throw new RangeError("No node is named");
  return joinNodes(settings.nodes.map((node) => openNode(node, deps)), {
    clock: deps.clock,
    ...(deps.onTrouble ? { onTrouble: deps.onTrouble } : {}),
    ...(settings.goneForMs === undefined ? {} : { goneForMs: settings.goneForMs }),
  });
}

export interface JoinOptions {
  readonly clock: Clock;
  readonly onTrouble?: (sentence: string) => void;
  readonly goneForMs?: number;
}

/** The same over nodes that are open already, in order of preference. They are disposed of with the whole. */
export function joinNodes(list: readonly Node[], options: JoinOptions): Nodes {
  return new JoinedNodes(list, options);
}

class JoinedNodes implements Nodes {
  readonly list: readonly Node[];
  readonly #clock: Clock;
  readonly #onTrouble: (sentence: string) => void;
  readonly #chooser: TipChooser;
  readonly #preference: Preference;
  readonly #book: TipBook;
  readonly #readers = new Set<Mailbox<BestTip>>();
  readonly #ended = new AbortController();
  #network: Network | null = null;
  /** The sentence about each node that is on another network. */
  readonly #foreign: (string | null)[];
  #watching: Promise<void> | null = null;

  constructor(list: readonly Node[], { clock, onTrouble = () => {}, goneForMs }: JoinOptions) {
    this.list = list;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#chooser = new TipChooser(list.length, goneForMs ?? GONE_FOR_MS);
    this.#preference = new Preference(list.map(({ name }) => name), this.#clock);
    this.#book = new TipBook(this.#clock);
    this.#foreign = list.map(() => null);
  }

  async network(signal?: AbortSignal): Promise<Network> {
    const stop = signal ? AbortSignal.any([signal, this.#ended.signal]) : this.#ended.signal;
    let said = "";
    while (this.#network === null) {
      await this.#askAll(stop);
      if (this.#network !== null) break;
      stop.throwIfAborted();
      const why = this.list.map(({ health }) => health.detail).join("; ");
      if (why !== said) this.#onTrouble(`No node answers yet, waiting: ${why}`);
      said = why;
      await this.#clock.sleep(ASK_AGAIN_MS, stop);
      stop.throwIfAborted();
    }
    return this.#network;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<BestTip, void, void> {
    const stop = AbortSignal.any([signal, this.#ended.signal]);
    if (stop.aborted) return;
    const box = new Mailbox<BestTip>();
    this.#readers.add(box);
    try {
      this.#watching ??= this.#run(this.#ended.signal).catch((error) => {
        // Whoever reads again begins anew.
        this.#watching = null;
        for (const reader of this.#readers) reader.fail(error);
      });
      const node = this.best();
      if (node !== null) box.put({ tip: this.#chooser.chosen!, node });
      yield* box.read(stop);
    } finally {
      this.#readers.delete(box);
    }
  }

  best(): Node | null {
    const can = (i: number) => this.#isHealthy(i) && this.#chooser.isAtChosen(i);
    return this.#preference.inOrder(this.list).find((node) => can(this.list.indexOf(node))) ?? null;
  }

  get chosen(): Tip | null {
    return this.#chooser.chosen;
  }

  prefer(node: string | null, forMs: number): void {
    this.#preference.set(node, forMs);
  }

  get preference(): NodePreference | null {
    return this.#preference.current();
  }

  tellings(hash: Uint8Array): readonly Telling[] {
    return this.#book.of(hash);
  }

  standings(): readonly NodeStanding[] {
    const best = this.best();
    return this.health().map((health, i) => {
      const node = this.list[i]!;
      return {
        ...health,
        ...this.#book.last(node.name),
        isAtTip: this.#chooser.isAtChosen(i),
        givesWork: node === best,
        record: node.record ?? null,
      };
    });
  }

  submitAll(
    block: Uint8Array,
    signal: AbortSignal,
    onAnswer: (answer: NodeAnswer) => void = () => {},
  ): Promise<readonly NodeAnswer[]> {
    return Promise.all(this.list.map(async (node) => {
      const answer = await submitTo(node, block, this.#clock, signal);
      onAnswer(answer);
      return answer;
    }));
  }

  health(): readonly NamedHealth[] {
    return this.list.map(({ name, health }, i) => {
      const foreign = this.#foreign[i];
      return foreign ? { name, ok: false, detail: foreign } : { name, ...health };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#watching;
    for (const node of this.list) await node[Symbol.asyncDispose]();
  }

  /** The first node to answer settles the network for all; the others are not waited for. */
  async #askAll(signal: AbortSignal): Promise<void> {
    const answered = new AbortController();
    const stop = AbortSignal.any([signal, answered.signal]);
    await Promise.allSettled(this.list.map(async (node) => {
      const { network } = await node.chain(stop);
      this.#network ??= network;
      answered.abort();
    }));
  }

  #run(signal: AbortSignal): Promise<void> {
    return runTogether(
      signal,
      ...this.list.map((node, i) => (stop: AbortSignal) => this.#follow(node, i, stop)),
      (stop) => this.#tick(stop),
    );
  }

  /** One node's tips, for as long as it is of the right network. */
  async #follow(node: Node, i: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !(await this.#isOurs(node, i, stop))) {
      await this.#clock.sleep(this.#foreign[i] ? FOREIGN_RETRY_MS : ASK_AGAIN_MS, stop);
    }
    if (stop.aborted) return;
    for await (const tip of node.watch(stop)) {
      this.#book.tell(node.name, tip);
      this.#chooser.tell(i, tip);
      this.#decide();
    }
  }

  /** Whether the node answers and is on the network of the first that did. */
  async #isOurs(node: Node, i: number, stop: AbortSignal): Promise<boolean> {
    let network: Network;
    try {
      network = (await node.chain(stop)).network;
    } catch {
      // Its health says why; the question is put again.
      return false;
    }
    this.#network ??= network;
    if (network === this.#network) {
      this.#foreign[i] = null;
      return true;
    }
    const sentence = `${node.name} is on ${network}, but the pool mines on ${this.#network}`;
    if (this.#foreign[i] !== sentence) this.#onTrouble(sentence);
    this.#foreign[i] = sentence;
    return false;
  }

  /** A node may fall ill or get well without a new block, and a tip is gone only after a time. */
  async #tick(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#clock.sleep(TICK_MS, stop);
      this.#decide();
    }
  }

  #decide(): void {
    const before = this.#chooser.chosen;
    const healthy = this.list.map((_, i) => this.#isHealthy(i));
    const choice = this.#chooser.decide(healthy, this.#clock.monotonic());
    if (choice.kind === "stay") return;
    if (choice.lower) this.#onTrouble(lowerSentence(before!, choice.tip, this.#chooser.goneForMs));
    const node = this.best()!;
    for (const reader of this.#readers) reader.put({ tip: choice.tip, node });
  }

  #isHealthy(i: number): boolean {
    return this.#foreign[i] === null && this.list[i]!.health.ok;
  }
}

function lowerSentence(from: Tip, to: Tip, goneForMs: number): string {
  return `Tip ${
    displayHash(from.hash)
  } at height ${from.height} has been gone from every healthy node for ` +
    `${goneForMs / 1000} s: going back to ${displayHash(to.hash)} at height ${to.height}`;
}
