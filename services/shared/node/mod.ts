/**
 * Bitcoin nodes: the port, and what opens it. Whoever imports this needs net permission for the hosts named in
 * the settings and nothing else; read permission for a cookie file, FFI only where a ZMQ address is set.
 *
 * @module
 */
export * from "./port.ts";
export {
  nodeProblems,
  type NodeRows,
  type NodeSettings,
  nodesOf,
  type NodesSettings,
  pairNodes,
} from "./settings.ts";
export { askNodes, type BoardDeps, openNodesOf } from "./from_settings.ts";
export { joinNodes, type JoinOptions, type NodesDeps, openNodes } from "./nodes.ts";
export { type NodeDeps, openNode } from "./open.ts";
export { firstAnswer, sendToAll } from "./several.ts";
export type { FetchLike } from "./rpc.ts";
