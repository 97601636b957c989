/**
 * A Bitcoin node as the pool needs it. One adapter speaks to Bitcoin Core's RPC (and to what answers like it);
 * several nodes are watched together by nodes.ts. Hashes are 32 bytes in internal order everywhere here.
 *
 * @module
 */
import type { Hash, Network, Sats, UnixSeconds } from "@gopool/chain";
import type { SendAnswer, SpendingNode } from "./port_spending.ts";

export type * from "./port_spending.ts";

export interface ChainInfo {
  readonly network: Network;
  readonly height: number;
  readonly bestHash: Hash;
  /** The node is still catching up with the network: its tip is no tip. */
  readonly syncing: boolean;
}

export interface TemplateTransaction {
  /** Raw, with witness. */
  readonly data: Uint8Array;
  readonly txid: Hash;
  readonly wtxid: Hash;
  readonly fee: Sats;
  readonly weight: number;
  /** Sigop cost (BIP 141); absent where the node does not tell. */
  readonly sigops?: number;
}

/** getblocktemplate (BIP 22, 23, 145), decoded and checked for shape. */
export interface BlockTemplate {
  readonly height: number;
  readonly previousHash: Hash;
  readonly version: number;
  readonly nbits: number;
  readonly curtime: UnixSeconds;
  readonly mintime: UnixSeconds;
  readonly coinbaseValue: Sats;
  readonly transactions: readonly TemplateTransaction[];
  /** The 32-byte commitment hash whatever form the node gave it in; null where the node gave none. */
  readonly witnessCommitment: Hash | null;
  /** Active rules, `!` kept: a rule with `!` that the pool does not know forbids mining (BIP 9). */
  readonly rules: readonly string[];
  readonly longPollId: string | null;
  readonly weightLimit: number;
}

/** How a node's watch came to know of a new best block: by its notices, or by an answer of one of its questions. */
export type TellingWay = "zmq" | "long-poll" | "poll";

/** That a watch was told of a tip: the moment in which it knew that there was something new to ask for. */
export interface Noticed {
  readonly way: TellingWay;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** The same moment by the clock of spans. */
  readonly monotonicMs: number;
}

/** A new best block as one node tells it. */
export interface Tip {
  readonly hash: Hash;
  readonly height: number;
  /** Header fields of the tip, for the early empty job. */
  readonly nbits: number;
  readonly medianTime: UnixSeconds;
  /** Time of the tip block. */
  readonly time: UnixSeconds;
  /** Of a watch: how it was told. Absent where the tip was merely asked for. */
  readonly noticed?: Noticed;
}

export type SubmitAnswer =
  /** The block is on this node's best chain (asked again where the node's answer does not say so). */
  | { readonly kind: "accepted"; readonly answer: string }
  | { readonly kind: "duplicate"; readonly answer: string }
  /** Valid, not on the best chain. */
  | { readonly kind: "inconclusive"; readonly answer: string }
  | { readonly kind: "refused"; readonly answer: string };

export interface Node extends SpendingNode, AsyncDisposable {
  /** `host:port`: what status, logs and block.found show. Never credentials. */
  readonly name: string;

  chain(signal?: AbortSignal): Promise<ChainInfo>;
  /**
   * A template of this moment; with `longPollId`, parks until the node has a better one (or its own long-poll
   * time ends) on a connection of its own.
   *
   * @throws {NodeUnavailable} Away, warming up (-28), not connected (-9), or syncing (-10).
   * @throws {NodeRefused} The node answered with another error.
   * @throws {NodeMalformed} The template has a wrong shape, or its transaction list does not fit.
   */
  template(options?: { longPollId?: string; signal?: AbortSignal }): Promise<BlockTemplate>;
  /** BIP 23 proposal: null when the node would take the block but for its proof of work, else its reason. */
  propose(block: Uint8Array, signal?: AbortSignal): Promise<string | null>;
  /** submitblock. Safe to repeat: a block the node has is "duplicate". */
  submit(block: Uint8Array, signal?: AbortSignal): Promise<SubmitAnswer>;
  /** The best block now. */
  tip(signal?: AbortSignal): Promise<Tip>;
  /**
   * Where a block stands on this node: its confirmations on the best chain (1: it is the tip), -1 on a side
   * chain, null when the node does not know it.
   */
  confirmations(hash: Hash, signal?: AbortSignal): Promise<number | null>;
  /** The hash at a height of the best chain; null above the tip. */
  hashAt(height: number, signal?: AbortSignal): Promise<Hash | null>;
  /**
   * Tells each new best block, soonest of ZMQ (where configured), long poll and slow poll; the first value is the
   * tip as found. Outages do not end it: they are told to `onHealth`. Ends when `signal` aborts.
   */
  watch(signal: AbortSignal): AsyncIterable<Tip>;
  /** Whether the node answers and has a usable tip, with the sentence that says why not. */
  readonly health: NodeHealth;
  /** What its answers were like so far; absent where nobody counts. */
  readonly record?: NodeRecord;
}

export interface NodeHealth {
  readonly ok: boolean;
  /** "ready", or what is wrong, as a sentence. */
  readonly detail: string;
}

/** What is counted of a node's answers since the process began. */
export interface NodeRecord {
  /** Answers had, refusals among them. */
  readonly answers: number;
  /** Questions without a usable answer. */
  readonly failures: number;
  /** How long the last quick question took, milliseconds; null before the first. */
  readonly latencyMs: number | null;
  /** What was last wrong with the node, and when it was last seen to be, milliseconds since the Unix epoch. */
  readonly lastTrouble: { readonly sentence: string; readonly atMs: number } | null;
}

/** Away, warming up or syncing: it may be back. The message says which, for people. */
export class NodeUnavailable extends Error {
  override name = "NodeUnavailable";
  constructor(
    message: string,
    readonly why: "unreachable" | "unauthorized" | "warming-up" | "syncing" | "not-connected",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The node answered with an RPC error. `code` is Bitcoin Core's (rpc/protocol.h). */
export class NodeRefused extends Error {
  override name = "NodeRefused";
  constructor(readonly method: string, readonly code: number, readonly words: string) {
    super(`Node refused ${method}: ${words} (${code})`);
  }
}

/**
 * The node answered with something that does not have the shape its method promises: a template whose
 * transactions do not fit, a hash that is none, no JSON at all. Nothing of such an answer is used.
 */
export class NodeMalformed extends Error {
  override name = "NodeMalformed";
  constructor(readonly method: string, readonly problem: string, options?: ErrorOptions) {
    super(`Cannot use the node's answer to ${method}: ${problem}`, options);
  }
}

/** How one attempt to give one node a block ended. */
export interface NodeAnswer {
  /** `host:port`. */
  readonly node: string;
  /** When the attempt began, milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly tookMs: number;
  /**
   * What the node said; "unreachable" where no answer came. The block may have reached the node all the
   * same: asking again is safe.
   */
  readonly answer: SubmitAnswer | { readonly kind: "unreachable"; readonly answer: string };
}

/** What one node said of a transaction that all were given. */
export interface NodeSendAnswer {
  /** `host:port`. */
  readonly node: string;
  /** "unreachable" where no usable answer came. The node may have the transaction all the same: asking again is safe. */
  readonly answer: SendAnswer | { readonly kind: "unreachable"; readonly reason: string };
}

/** A tip and the node to work from on it. */
export interface BestTip {
  readonly tip: Tip;
  readonly node: Node;
}

export interface NamedHealth extends NodeHealth {
  /** `host:port`. */
  readonly name: string;
}

/** That a node told of a tip. */
export interface Telling extends Omit<Noticed, "way"> {
  /** `host:port`. */
  readonly node: string;
  /** Null where its watch does not say. */
  readonly way: TellingWay | null;
}

/** One node as the choice among several sees it. */
export interface NodeStanding extends NamedHealth {
  /** The best block it last told of; null before. */
  readonly tip: Tip | null;
  /** That telling; null before. */
  readonly told: Telling | null;
  /** Whether `tip` is the tip that is worked on. */
  readonly isAtTip: boolean;
  /** Whether it is `best()`. */
  readonly givesWork: boolean;
  readonly record: NodeRecord | null;
}

/** A node that is taken before those that the settings prefer, for a while. */
export interface NodePreference {
  /** `host:port`. */
  readonly node: string;
  /** Milliseconds since the Unix epoch; the span itself is measured by the clock that does not jump. */
  readonly expiresAtMs: number;
}

/**
 * Several nodes as one pool needs them: work comes from one of them at a time, blocks go to all. Nothing here
 * ends because a node is away: it is waited for, and `health` and `onTrouble` say so.
 *
 * The watchers behind `watch` and `best` start with the first `watch` and run until disposal; a process that
 * only submits never starts them.
 */
export interface Nodes extends AsyncDisposable {
  /** In the order of the settings, which is the order of preference. At least one. */
  readonly list: readonly Node[];
  /**
   * The network of the first node that answers, asked of all of them until one does, however long that takes. A
   * node of another network is left out of the choice of tips from then on, loudly.
   *
   * Rejects only with the reason of an aborted `signal`.
   */
  network(signal?: AbortSignal): Promise<Network>;
  /**
   * The tip to work on: first the one chosen as this is called (or as soon as a node has one), then each newly
   * chosen one, once. A reader that is slow gets the newest and skips what was superseded meanwhile. Chosen by
   * the rule of the pool: move only to a higher tip; at equal height keep the first seen; go lower (or
   * sideways) only when the tip is gone from every healthy node for `goneForMs`, loudly.
   *
   * Ends when `signal` aborts; outages do not end it. Several may watch at once; each is told everything.
   */
  watch(signal: AbortSignal): AsyncIterable<BestTip>;
  /**
   * The node to ask for templates now: the first healthy one, in order of preference, whose tip is the chosen
   * one. Null before the first `watch`, while every node is away, and while the chosen tip is gone.
   */
  best(): Node | null;
  /** The tip to work on, as chosen last; null before. */
  readonly chosen: Tip | null;
  /**
   * Puts one node before the order of the settings for `forMs`, from the next `best()` on; null goes back to that
   * order. The tip stays chosen as it is: preferring a node throws no miner's work away.
   *
   * @throws {RangeError} No node has that name; the sentence lists them.
   */
  prefer(node: string | null, forMs: number): void;
  /** What `prefer` was told, until it expires. */
  readonly preference: NodePreference | null;
  /** Which nodes told of this tip, the first first, each once; empty for a tip of long ago, or of none. */
  tellings(hash: Uint8Array): readonly Telling[];
  /** Each node, in the order of `list`. */
  standings(): readonly NodeStanding[];
  /**
   * Gives the block to every node at once, one attempt each, whatever their health. `onAnswer` is called as
   * each attempt ends; resolves with all, in the order of `list`, when the last has (an attempt has its own
   * timeout). An aborted `signal` ends attempts as "unreachable". Never rejects: to try again is the caller's.
   */
  submitAll(
    block: Uint8Array,
    signal: AbortSignal,
    onAnswer?: (answer: NodeAnswer) => void,
  ): Promise<readonly NodeAnswer[]>;
  /** Each node's health, in the order of `list`. */
  health(): readonly NamedHealth[];
}
