import type { Clock } from "@gopool/runtime";
import type { NodeHealth, Nodes } from "./port.ts";
import type { NodesSettings } from "./settings.ts";

export interface NodesDeps {
  readonly clock: Clock;
  /** Told whenever a node's health changes. */
  readonly onHealth?: (node: string, health: NodeHealth) => void;
  /** A sentence that somebody should see: waiting for the first node, a tip that went lower, a lost notice. */
  readonly onTrouble?: (sentence: string) => void;
}

export function openNodes(_settings: NodesSettings, _deps: NodesDeps): Nodes {
  throw new Error("Not built yet");
}
