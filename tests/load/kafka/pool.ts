/**
 * The pool's processes, each by itself, on a bus of any kind; their jobs are written by this program.
 *
 * @module
 */
import { type Bus, shareRejected, shareStale, shareSubmissions, shareValid } from "@gopool/bus";
import { runArgumentsOf } from "@gopool/poold/permissions";
import { freePort, waitFor } from "@gopool/testing";
import { POOL } from "../jobs.ts";
import { Child } from "../processes.ts";
import { EVERY_HASH, MANY_SESSIONS } from "../settings.ts";

/** Processes that read a bus and connect to it are up by then, on a machine that has other work. */
const START_MAX_MS = 60_000;

export interface ServiceStart {
  readonly busUrl: string;
  /** Flags of the runtime: a profiler's. */
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it is to listen, beside its health port. */
  readonly port?: number;
}

/** Starts a service and waits until it says that it can work. */
export async function startService(
  service: "stratumd" | "shareproc" | "blocksubmit",
  { busUrl, flags, env = {}, port }: ServiceStart,
): Promise<Child> {
  const health = freePort();
  const settings: Record<string, string> = {
    GOPOOL_BUS_URL: busUrl,
    GOPOOL_POOL: POOL,
    GOPOOL_HEALTH_LISTEN: `127.0.0.1:${health}`,
    GOPOOL_CONTROL_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_CONTROL_TOKENS: `load:read+operate:${crypto.randomUUID()}`,
    GOPOOL_LOG_FORMAT: "json",
    ...env,
  };
  // As the launcher starts it, under the permissions of these settings.
  const [run, ...args] = runArgumentsOf(service, { args: [], env: (name) => settings[name] });
  const child = new Child({ args: [run!, ...flags, ...args], core: null, env: settings });
  try {
    const isUp = async () =>
      await isReady(health, service, child) && (port === undefined || await listens(port));
    await waitFor(isUp, `${service} to be ready`, { deadlineMs: START_MAX_MS });
    return child;
  } catch (error) {
    const why = await fetch(`http://127.0.0.1:${health}/readyz`).then((r) => r.text(), String);
    await child[Symbol.asyncDispose]();
    throw new Error(`${(error as Error).message}: ${why}. Its log:\n${child.log}`);
  }
}

/** Settings of a gateway whose every hash is a share, for any number of miners of one address. */
export function gatewaySettings(folder: string, port: number): Record<string, string> {
  return {
    GOPOOL_DATA_DIR: folder,
    GOPOOL_STRATUMD_NAME: "load",
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_STRATUM_VARDIFF: "off",
    GOPOOL_STRATUM_START_DIFFICULTY: String(EVERY_HASH),
    GOPOOL_STRATUM_MIN_DIFFICULTY: String(EVERY_HASH),
    GOPOOL_STRATUM_MAX_SESSIONS: String(MANY_SESSIONS),
    GOPOOL_STRATUM_MAX_SESSIONS_PER_ADDRESS: String(MANY_SESSIONS),
    GOPOOL_STRATUM_MAX_CONNECTS_PER_ADDRESS: "1000000",
  };
}

/** Whether every record of share.submissions has its result on the log. */
export async function isJudged(bus: Bus): Promise<boolean> {
  const [submitted, ...judged] = await Promise.all(
    [shareSubmissions, shareValid, shareRejected, shareStale].map(async (topic) =>
      (await bus.ends(topic)).reduce((sum, { next }) => sum + next, 0)
    ),
  );
  return judged.reduce((a, b) => a + b, 0) >= submitted!;
}

async function isReady(port: number, service: string, child: Child): Promise<boolean> {
  if (child.ended) throw new Error(`${service} ended while it started`);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function listens(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}
