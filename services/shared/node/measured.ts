/**
 * What the pool's nodes answer, and how fast, as metrics. Nodes are named as everywhere: `host:port`, from the settings.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import { type Histogram, type Metrics, SECONDS_BOUNDS } from "@gopool/runtime";
import type { ChainInfo, NodeHealth } from "./port.ts";
import type { CallKind } from "./rpc.ts";

/** What one node tells of its calls and its chain. */
export interface NodeMeasure {
  /** A call has ended. Calls that were called off are not told, nor are long polls: their time says nothing. */
  call(kind: CallKind, tookMs: number, hasAnswered: boolean): void;
  chain(info: ChainInfo): void;
}

interface Seen {
  readonly health: () => NodeHealth;
  chain: ChainInfo | null;
  failures: number;
  readonly seconds: Map<CallKind, Histogram>;
}

export interface NodeMeasures {
  /** @param health How the node is, at any time. */
  of(node: string, health: () => NodeHealth): NodeMeasure;
}

/** To be called once for each registry: registers what is said of all nodes together. */
export function nodeMeasures(metrics: Metrics): NodeMeasures {
  const nodes = new Map<string, Seen>();
  const perNode = (value: (seen: Seen) => number | null) => () =>
    [...nodes].flatMap(([node, seen]) => {
      const now = value(seen);
      return now === null ? [] : [{ labels: { node }, value: now }];
    });
  metrics.gauge(
    "gopool_node_up",
    "1 when the node answers and has a usable tip, else 0.",
    perNode(({ health }) => health().ok ? 1 : 0),
  );
  metrics.gauge(
    "gopool_node_height",
    "Height of the node's best block when it was last asked.",
    perNode(({ chain }) => chain?.height ?? null),
  );
  metrics.gauge(
    "gopool_node_tips",
    "Different best blocks among the nodes that can be worked with: more than 1 for long means that they disagree.",
    () => {
      const well = [...nodes.values()].filter(({ health, chain }) => health().ok && chain !== null);
      return new Set(well.map(({ chain }) => toHex(chain!.bestHash))).size;
    },
  );
  metrics.counter(
    "gopool_node_failures_total",
    "Calls to the node that got no usable answer.",
    perNode(({ failures }) => failures),
  );
  return {
    of(node, health) {
      const seen: Seen = { health, chain: null, failures: 0, seconds: new Map() };
      nodes.set(node, seen);
      return {
        call(kind, tookMs, hasAnswered) {
          if (!hasAnswered) {
            seen.failures++;
            return;
          }
          let seconds = seen.seconds.get(kind);
          if (seconds === undefined) {
            seconds = metrics.histogram(
              "gopool_node_call_seconds",
              "How long the node took to answer, by kind of call; long polls are not among them.",
              SECONDS_BOUNDS,
              { node, kind },
            );
            seen.seconds.set(kind, seconds);
          }
          seconds.observe(tookMs / 1000);
        },
        chain(info) {
          seen.chain = info;
        },
      };
    },
  };
}
