/**
 * One call by name: the table of methods, and what they may reach.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { chainMethods } from "./chain_methods.ts";
import type { Controls } from "./controls.ts";
import type { Block } from "./decode.ts";
import { mempoolMethods } from "./mempool_methods.ts";
import { miningMethods } from "./mining_methods.ts";
import { Params } from "./params.ts";
import { RPC, RpcError } from "./rpc_error.ts";
import type { World } from "./world.ts";

export interface RpcContext {
  readonly world: World;
  readonly controls: Controls;
  /** Parks until there is more than this long poll id knew; returns early when the caller has gone. */
  readonly waitForNews: (longPollId: string) => Promise<void>;
  /** Told of each block that was judged, with submitblock's answer. */
  readonly onSubmit: (block: Block, answer: string | null) => void;
}

export interface Method {
  /** Of its parameters, in order, as Bitcoin Core names them. */
  readonly names: readonly string[];
  readonly run: (context: RpcContext, params: Params) => unknown;
}

export type Methods = Readonly<Record<string, Method>>;

const METHODS: ReadonlyMap<string, Method> = new Map(Object.entries({
  ...miningMethods,
  ...chainMethods,
  ...mempoolMethods,
}));

/** @throws {RpcError} What Bitcoin Core would answer instead of a result. */
export async function callMethod(
  context: RpcContext,
  method: string,
  given: unknown,
): Promise<unknown> {
  // While it loads, Bitcoin Core answers nothing else, not even that a method is unknown.
  if (context.controls.warmingUp) throw new RpcError(RPC.IN_WARMUP, "Loading block index…");
  const found = METHODS.get(method);
  if (found === undefined) throw new RpcError(RPC.METHOD_NOT_FOUND, "Method not found");
  return await found.run(context, Params.read(method, found.names, given));
}

/**
 * Bitcoin Core looks at the mempool only when a long poll is a minute old (rpc/mining.cpp); from then on every
 * change ends it here, where Bitcoin Core looks every ten seconds.
 */
export const LONG_POLL_MEMPOOL_AFTER_MS = 60_000;

/** Resolves on another tip than the long poll id's, later also on another mempool, or when `signal` aborts. */
export async function waitForNews(
  world: World,
  clock: Clock,
  longPollId: string,
  mempoolAfterMs: number,
  signal: AbortSignal,
): Promise<void> {
  const tip = longPollId.slice(0, 64);
  const updates = Number(longPollId.slice(64));
  const startMs = clock.monotonic();
  while (!signal.aborted && world.chain.tip.id === tip) {
    const leftMs = mempoolAfterMs - (clock.monotonic() - startMs);
    const newMempool = world.mempool.updates !== updates;
    if (newMempool && leftMs <= 0) return;
    const turn = new AbortController();
    const stop = AbortSignal.any([signal, turn.signal]);
    await Promise.race([
      world.changed,
      // Without a new mempool only the next change matters, so there is no time to wait for.
      newMempool ? clock.sleep(leftMs, stop) : untilAborted(stop),
    ]);
    turn.abort();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
