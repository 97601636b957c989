/** The embedded ledger: PostgreSQL from npm, started beside the pool. @module */
export { type Home, homeOf, prepareHome, SYSTEM_FOLDER } from "./home.ts";
export { installed, programOf, PROGRAMS } from "./programs.ts";
export { ENV, makeCluster, passwordFileOf, serverArguments, USER } from "./server.ts";
export { ask } from "./postmaster.ts";
export { type Embedded, type EmbeddedOptions, startEmbedded } from "./start.ts";
