/**
 * A simulated node for a test, and a caller that shows status and body as they came. For tests only.
 *
 * @module
 */
import { seededRandom, systemClock } from "@gopool/runtime";
import { assertEquals } from "@std/assert";
import { FakeClock, settle, waitFor } from "@gopool/testing";
import { type SimulatedNode, type SimulatedNodeOptions, startSimulatedNode } from "./node.ts";
import { POW_LIMIT_BITS } from "./rules.ts";
import { ChainStore } from "./store.ts";
import { World, type WorldOptions } from "./world.ts";

export const USER = "pool";
export const PASSWORD = "s3cret:with colon";

/** In memory, regtest's difficulty, an empty mempool, the same seed always, unless told otherwise. */
export function startTestNode(options: Partial<SimulatedNodeOptions> = {}): Promise<SimulatedNode> {
  return startSimulatedNode({
    ...("dataDir" in options ? {} : { memory: true }),
    port: 0,
    user: USER,
    password: PASSWORD,
    difficulty: { fixedBits: POW_LIMIT_BITS },
    transactionsPerBlock: 0,
    clock: systemClock,
    random: seededRandom(1),
    ...options,
  } as SimulatedNodeOptions);
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Posts a body as it is. */
export async function post(
  node: SimulatedNode,
  body: string | Uint8Array,
  options: { method?: string; authorization?: string | null; signal?: AbortSignal } = {},
): Promise<RawAnswer> {
  const { method = "POST", authorization = `Basic ${btoa(`${USER}:${PASSWORD}`)}` } = options;
  const response = await fetch(`http://${node.name}/`, {
    method,
    headers: authorization === null ? {} : { authorization },
    ...(method === "GET" ? {} : { body: body as BodyInit }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** What an RPC error looks like to a test. */
export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** One JSON-RPC 1.0 call: its result, or its error with the HTTP status. */
export async function call(
  node: SimulatedNode,
  method: string,
  params: unknown[] | Record<string, unknown> = [],
  signal?: AbortSignal,
  // A test knows what it asked for.
  // deno-lint-ignore no-explicit-any
): Promise<any> {
  const { status, body } = await post(
    node,
    JSON.stringify({ id: "t", method, params }),
    signal ? { signal } : {},
  );
  const { result, error } = JSON.parse(body);
  return error === null ? result : { status, ...error } satisfies Refusal;
}

/** The parts behind a node, without the port: a chain in memory on a clock that stands still. */
export function openTestWorld(options: Partial<Omit<WorldOptions, "store" | "clock">> = {}) {
  const store = new ChainStore(":memory:");
  const clock = new FakeClock();
  const world = new World({
    store,
    clock,
    random: seededRandom(1),
    difficulty: { fixedBits: POW_LIMIT_BITS },
    transactionsPerBlock: 0,
    premine: 100,
    ...options,
  });
  return {
    world,
    store,
    clock,
    *blocks(): IterableIterator<Uint8Array> {
      for (let height = 1; height <= world.chain.tip.height; height++) {
        yield world.chain.block(world.chain.at(height)!).raw;
      }
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

/** Sees that the call is in the node's hands and does not end. */
export async function stillParked(node: SimulatedNode, pending: Promise<unknown>): Promise<void> {
  let ended = false;
  pending.then(() => ended = true, () => ended = true);
  await waitFor(() => node.callsInHand > 0, "the call to arrive");
  for (let i = 0; i < 20; i++) await settle();
  assertEquals([ended, node.callsInHand > 0], [false, true]);
}
