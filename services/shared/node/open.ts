/**
 * Builds the adapter for one node out of its settings.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { accessOf } from "./access.ts";
import { CoreNode } from "./core.ts";
import type { NodeMeasures } from "./measured.ts";
import type { ChainInfo, Node, NodeHealth } from "./port.ts";
import { type FetchLike, Rpc } from "./rpc.ts";
import { firstWords } from "./rpc_errors.ts";
import type { NodeSettings } from "./settings.ts";
import type { Notice } from "./zmq.ts";

export interface NodeDeps {
  readonly clock: Clock;
  readonly onHealth?: (node: string, health: NodeHealth) => void;
  readonly onTrouble?: (sentence: string) => void;
  readonly measures?: NodeMeasures;
  /** Default: Deno's fetch on connections of this node's own. */
  readonly fetch?: FetchLike;
  readonly readTextFile?: (path: string) => Promise<string>;
}

/**
 * How long a connection is kept unused. Bitcoin Core closes its side after 30 s (-rpcservertimeout): ours has to
 * be given up before, or a call now and then meets a connection that is just closing.
 */
const IDLE_MS = 20_000;
/** Connections kept for calls side by side; more are opened and closed where needed. */
const IDLE_CONNECTIONS = 4;

/** @throws {RangeError} In a sentence, where the settings cannot be used. */
export function openNode(settings: NodeSettings, deps: NodeDeps): Node {
  const { clock, onHealth, onTrouble, measures } = deps;
  const access = accessOf(settings, deps.readTextFile ?? Deno.readTextFile);
  const calls = deps.fetch ? null : ownConnections();
  const polls = deps.fetch ? null : ownConnections();
  const measure = measures?.of(access.name, () => node.health);
  const rpc = new Rpc({
    ...(measure ? { onCall: measure.call } : {}),
    clock,
    access,
    fetch: deps.fetch ?? calls!.fetch,
    longFetch: deps.fetch ?? polls!.fetch,
  });
  const { zmq } = settings;
  const node: Node = new CoreNode({
    rpc,
    clock,
    ...(measure ? { onChain: (info: ChainInfo) => measure.chain(info) } : {}),
    ...(onHealth ? { onHealth: (health: NodeHealth) => onHealth(access.name, health) } : {}),
    ...(zmq ? { notices: (signal: AbortSignal) => notices(zmq, deps, signal) } : {}),
    close() {
      calls?.close();
      polls?.close();
    },
  });
  return node;

  async function* notices(
    endpoint: string,
    deps: NodeDeps,
    signal: AbortSignal,
  ): AsyncGenerator<Notice, void, void> {
    try {
      const { hashBlocks } = await import("./zmq.ts");
      yield* hashBlocks(endpoint, { clock, ...(onTrouble ? { onTrouble } : {}) }, signal);
    } catch (error) {
      // Long poll and slow poll go on: the pool is slower to notice, not blind.
      deps.onTrouble?.(
        `Cannot listen to the block notices of ${endpoint}, going on without them: ${
          firstWords(String(error))
        }`,
      );
    }
  }
}

function ownConnections(): { fetch: FetchLike; close: () => void } {
  const client = Deno.createHttpClient({
    http1: true,
    http2: false,
    poolIdleTimeout: IDLE_MS,
    poolMaxIdlePerHost: IDLE_CONNECTIONS,
  });
  return {
    fetch: (url, init) => fetch(url, { ...init, client }),
    close: () => client.close(),
  };
}
