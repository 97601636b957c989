/**
 * Opens the nodes that the settings name, with their health on the board.
 *
 * @module
 */
import type { Clock, Logger, Metrics, Service, StatusBoard } from "@gopool/runtime";
import { nodeMeasures } from "./measured.ts";
import { openNodes } from "./nodes.ts";
import type { Nodes } from "./port.ts";
import { type NodeRows, nodesOf } from "./settings.ts";

/** Between two looks at the nodes: a node that died is seen before the next block is likely. */
const LOOK_MS = 5_000;
/** The part that is down while no node can be worked with. */
const NODES = "nodes";

export interface BoardDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Where it is said how the nodes answer. */
  readonly metrics?: Metrics;
}

/**
 * Each node stands on the board under its name; one that is away is a trouble, and only when all are is the part
 * "nodes" down.
 *
 * @throws {RangeError} In a sentence, where the rows do not fit each other (nodeProblems() tells before).
 */
export function openNodesOf(rows: NodeRows, { clock, log, board, metrics }: BoardDeps): Nodes {
  board.set(NODES, "down", "not asked yet");
  const healths = new Map<string, boolean>();
  const { nodeGoneAfter } = rows;
  return openNodes(
    {
      nodes: nodesOf(rows),
      ...(nodeGoneAfter === undefined ? {} : { goneForMs: nodeGoneAfter }),
    },
    {
      clock,
      ...(metrics === undefined ? {} : { measures: nodeMeasures(metrics) }),
      onHealth: (node, { ok, detail }) => {
        board.set(`node ${node}`, ok ? "ok" : "degraded", detail);
        healths.set(node, ok);
        if ([...healths.values()].includes(true)) {
          board.set(NODES, "ok", "one or more can be worked with");
        } else board.set(NODES, "down", "No node can be worked with");
      },
      onTrouble: (sentence) => log.warn(sentence),
    },
  );
}

/** Asks every node now and then, for a service that speaks to them only when there is something to say. */
export function askNodes(nodes: Nodes, { clock }: Pick<BoardDeps, "clock">): Service {
  return {
    name: "nodes/look",
    async run(signal) {
      while (!signal.aborted) {
        // What comes of it stands in each node's health.
        await Promise.allSettled(nodes.list.map((node) => node.chain(signal)));
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}
