import type { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import { ACQUIRE, DECLARE_NEW, RELEASE, RENEW } from "./lease_scripts.ts";
import { COMPARE_AND_SET, INCREMENT, TAKE, TALLY } from "./value_scripts.ts";

/** By the names under which the client knows them: none is a command of Redis. */
const SCRIPTS = {
  leaseAcquire: ACQUIRE,
  leaseRenew: RENEW,
  leaseRelease: RELEASE,
  leasesDeclareNew: DECLARE_NEW,
  valueCompareAndSet: COMPARE_AND_SET,
  counterIncrement: INCREMENT,
  tallyLevels: TALLY,
  bucketTake: TAKE,
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** As the client takes them: sent whole once for each connection, by their hash from then on. */
export const CLIENT_SCRIPTS: Record<string, { lua: string }> = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, lua]) => [name, { lua }]),
);

type Run = (keyCount: number, ...rest: (string | number | Buffer)[]) => Promise<unknown>;

/** Runs a script. What it gives is the script's to say. */
export function runScript(
  client: Redis,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  return (client as unknown as Record<ScriptName, Run>)[name](keys.length, ...keys, ...args);
}
