/**
 * The simulated node: Bitcoin Core's JSON-RPC on 127.0.0.1 over a small chain of its own.
 *
 * @module
 */
import { displayHash } from "@gopool/chain";
import type { Clock, Logger, Random } from "@gopool/runtime";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Controls } from "./controls.ts";
import { decodeTransaction } from "./decode.ts";
import type { Difficulty } from "./difficulty.ts";
import { serveRpc } from "./http.ts";
import { callMethod, LONG_POLL_MEMPOOL_AFTER_MS, waitForNews } from "./methods.ts";
import {
  bringBack,
  mineBlock,
  type MineBlockOptions,
  type MinedBlock,
  mineTo,
  reorganise,
} from "./own_blocks.ts";
import { COINBASE_MATURITY } from "./rules.ts";
import { ChainStore } from "./store.ts";
import { quickMaturity, type TransactionsPerBlock, World } from "./world.ts";

/** Where the chain is kept: in a folder, made if need be, or in memory only. */
export type ChainPlace = { readonly dataDir: string } | { readonly memory: true };

export type SimulatedNodeOptions = ChainPlace & NodeOptions;

interface NodeOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly difficulty: Difficulty;
  /** How many transactions wait at each new tip: a number, or a range to draw from. */
  readonly transactionsPerBlock: TransactionsPerBlock;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Logger;
  /**
   * Blocks a new chain begins with, the same ones for every node: 100 make the first coins spendable. With 0 the
   * pool mines from height 1, and there are no transactions until rewards of the node's own blocks are ripe.
   */
  readonly premine?: number;
  /**
   * Blocks until a coinbase may be spent: 100 as in Bitcoin, fewer for those who cannot wait. Fewer are said in the log
   * and in getblockchaininfo's warnings; no other node takes such a chain.
   */
  readonly maturity?: number;
  /** From what age a long poll also ends on a new mempool. */
  readonly longPollMempoolAfterMs?: number;
}

/** One block that came by submitblock, and what was answered. */
export interface Submission {
  /** Display form. */
  readonly hash: string;
  readonly answer: string | null;
}

export interface SimulatedNode extends AsyncDisposable {
  /** With user and password, as GOPOOL_NODE_URL takes it. */
  readonly url: string;
  /** `host:port`. */
  readonly name: string;
  readonly port: number;
  readonly height: number;
  /** Of the tip, display form. */
  readonly bestHash: string;
  /** Transactions that wait. */
  readonly mempoolSize: number;
  /** Calls not answered yet: parked long polls and stalled ones. */
  readonly callsInHand: number;
  /** Blocks submitted, the latest SUBMISSIONS_KEPT, oldest first. */
  readonly submissions: readonly Submission[];
  /** Raw blocks of the best chain from height 1: to be judged by another. */
  blocks(): IterableIterator<Uint8Array>;

  /** While on, requests are taken and not answered; off, the answers come. */
  stall(on: boolean): void;
  /** What submitblock answers instead of looking at the block; null ends it. */
  refuse(reason: string | null): void;
  /** While on, every call is answered with -28. */
  warmingUp(on: boolean): void;
  /** While on, the node says that it is catching up, and has no template. */
  syncing(on: boolean): void;
  /** What estimatesmartfee says, in satoshis per 1000 virtual bytes; null (from the start): that it has no data. */
  estimate(feeRate: bigint | null): void;
  /** Generates fee-paying transactions; gives how many the coins sufficed for. */
  addTransactions(count: number): number;
  /** Puts these raw transactions in the place of all that wait; gives how many were good. */
  setMempool(raw: readonly Uint8Array[]): number;
  /** The node finds a block itself: on the tip, with what waits unless told otherwise. */
  mineBlock(options?: MineBlockOptions): MinedBlock;
  /** As many blocks in a row that pay to the script, with what waits, written at once. */
  mineTo(script: Uint8Array, count: number): MinedBlock[];
  /** Takes the last `depth` blocks off the best chain by a heavier branch of empty blocks. Gives the new tip. */
  reorganise(depth: number): MinedBlock;
  /** Makes a block that was left (display form) the best chain again, by empty blocks on it. Gives the new tip. */
  bringBack(hash: string): MinedBlock;
  /** All that waits is forgotten, as where a node starts again without its mempool file. */
  forgetMempool(): void;
}

/** Enough for any test, and a bound for a pool that submits for days. */
export const SUBMISSIONS_KEPT = 1_000;
const DEFAULT_PREMINE = 100;
const CHAIN_FILE = "simulated-chain.sqlite";

/**
 * Opens the chain and listens.
 *
 * @throws {ChainInUse} Another process has the chain file open.
 * @throws {PortTaken} Something else listens there.
 */
export async function startSimulatedNode(options: SimulatedNodeOptions): Promise<SimulatedNode> {
  const { clock, log } = options;
  if ("dataDir" in options) await mkdir(options.dataDir, { recursive: true });
  const path = "dataDir" in options ? join(options.dataDir, CHAIN_FILE) : ":memory:";
  using owned = new DisposableStack();
  const store = owned.use(new ChainStore(path));
  const world = new World({ ...options, store, premine: options.premine ?? DEFAULT_PREMINE });
  if (world.maturity !== COINBASE_MATURITY) log?.info(quickMaturity(world.maturity));
  const controls = new Controls();
  const submissions: Submission[] = [];

  const server = await serveRpc({
    port: options.port,
    user: options.user,
    password: options.password,
    call: (method, params, signal) =>
      callMethod(
        {
          world,
          controls,
          waitForNews: (longPollId) =>
            waitForNews(
              world,
              clock,
              longPollId,
              options.longPollMempoolAfterMs ?? LONG_POLL_MEMPOOL_AFTER_MS,
              signal,
            ),
          onSubmit(block, answer) {
            const hash = displayHash(block.hash);
            submissions.push({ hash, answer });
            if (submissions.length > SUBMISSIONS_KEPT) submissions.shift();
            log?.debug("block submitted", { hash, answer });
          },
        },
        method,
        params,
      ),
    pass: (signal) => held(controls, signal),
    onFault: (method, error) => log?.error("a call failed", { method, error }),
  });
  const { port } = server;
  const disposables = owned.move();

  return {
    url: `http://${encodeURIComponent(options.user)}:${encodeURIComponent(options.password)}` +
      `@127.0.0.1:${port}`,
    name: `127.0.0.1:${port}`,
    port,
    get height() {
      return world.chain.tip.height;
    },
    get bestHash() {
      return world.chain.tip.id;
    },
    get mempoolSize() {
      return world.mempool.size;
    },
    get callsInHand() {
      return server.callsInHand;
    },
    submissions,
    *blocks() {
      for (let height = 1; height <= world.chain.tip.height; height++) {
        yield world.chain.block(world.chain.at(height)!).raw;
      }
    },
    stall: (on) => controls.stall(on),
    refuse(reason) {
      controls.refusal = reason;
    },
    warmingUp(on) {
      controls.warmingUp = on;
    },
    syncing(on) {
      controls.syncing = on;
    },
    estimate(feeRate) {
      controls.feeRate = feeRate;
    },
    addTransactions: (count) => world.generate(count),
    setMempool: (raw) => world.replaceMempool(raw.map(decodeTransaction)),
    mineBlock: (options = {}) => mineBlock(world, options),
    mineTo: (script, count) => mineTo(world, script, count),
    reorganise: (depth) => reorganise(world, depth),
    bringBack: (hash) => bringBack(world, hash),
    forgetMempool() {
      world.replaceMempool([]);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      disposables.dispose();
    },
  };
}

/** Waits while the node stalls. */
async function held(controls: Controls, signal: AbortSignal): Promise<void> {
  const { passed } = controls;
  if (passed === null || signal.aborted) return;
  await Promise.race([
    passed,
    new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true })
    ),
  ]);
}
