/** What everybody may see of the pool and of each miner. @module */
export { accountOf } from "./accounts.ts";
export { type LiveFigures, NotSeen, type PublicDeps, type PublicSettings } from "./deps.ts";
export { effortsOf } from "./efforts.ts";
export { isAway, type Part, Parts, PartsAway } from "./parts.ts";
export { createPublicRpc, type PublicRpc, toldOf } from "./rpc.ts";
