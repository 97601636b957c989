/**
 * The rows of settings as what a Redis asks for besides its URL. The one place of the room that reads files.
 *
 * @module
 */
import type { RedisAccess } from "./redis.ts";

/** The shape of @gopool/config's rows about the state: this room knows no other. */
export interface StateSettings {
  /** Files, PEM. */
  readonly stateCa?: string | undefined;
  readonly stateCert?: string | undefined;
  readonly stateKey?: string | undefined;
  readonly stateSentinelUser?: string | undefined;
  readonly stateSentinelPassword?: string | undefined;
}

/**
 * What the settings say to `openState`, beside clock and trouble.
 *
 * @param readFile Reads a certificate. Default: Deno.readTextFileSync.
 * @throws {Deno.errors.NotFound} A certificate's file is not there; other errors of reading likewise.
 */
export function stateOptionsOf(
  settings: StateSettings,
  readFile: (path: string) => string = Deno.readTextFileSync,
): RedisAccess {
  const { stateCa, stateCert, stateKey, stateSentinelUser, stateSentinelPassword } = settings;
  return {
    ...(stateCa === undefined ? {} : { ca: readFile(stateCa) }),
    ...(stateCert === undefined ? {} : { cert: readFile(stateCert) }),
    ...(stateKey === undefined ? {} : { key: readFile(stateKey) }),
    ...(stateSentinelUser === undefined ? {} : { sentinelUsername: stateSentinelUser }),
    ...(stateSentinelPassword === undefined ? {} : { sentinelPassword: stateSentinelPassword }),
  };
}
