/** The control plane: one server kit for every service, its client, and what a handler is given. @module */
export {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
export { type Caller, caller, type Note, note } from "./note.ts";
export { allows, type MethodRule, NoRule, roleName, ruleOf, rulesOf } from "./rules.ts";
export {
  type ControlServer,
  type ControlServerOptions,
  serveControl,
  type ServerTls,
} from "./server.ts";
export {
  type Access,
  type AccessOptions,
  createAccess,
  ROLES_BY_NAME,
  type Token,
} from "./access.ts";
export { type RecordedCall } from "./record.ts";
export { type Daemon, runDaemon } from "./daemon.ts";
export { blockRoad, candidateRoad, type OpenRoad } from "./second_road.ts";
export {
  type ControlClient,
  controlClient,
  type ControlClientOptions,
  type Protocol,
} from "./client.ts";
