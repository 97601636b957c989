/**
 * The whole pool for a test from end to end: as `deno task start` composes it, on the embedded log in a folder of its
 * own, against the node that the settings name.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import { readConfig } from "@gopool/config";
import { freshDatabase } from "@gopool/ledger/fixture";
import { openPool, type PoolDeps } from "@gopool/poold";
import { schema } from "@gopool/poold/config";
import { type Clock, systemClock, systemRandom } from "@gopool/runtime";
import { captureLog, freePort, type LogCapture, tempDir } from "@gopool/testing";

export interface RunningPool extends AsyncDisposable {
  /** Where miners connect, on 127.0.0.1. */
  readonly port: number;
  /** Where the public asks, on 127.0.0.1. */
  readonly apiPort: number;
  readonly view: Awaited<ReturnType<typeof openPool>>["view"];
  readonly bus: Bus;
  /** Of its books, for another opening. */
  readonly ledgerUrl: string;
  readonly log: LogCapture;
}

/** Starts it with these variables and waits until miners can connect. Disposal drains it. */
export async function startPool(
  variables: Readonly<Record<string, string>>,
  clock: Clock = systemClock,
  more: Pick<PoolDeps, "control"> = {},
): Promise<RunningPool> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir());
  const { url: ledgerUrl } = open.use(await freshDatabase({ migrated: true }));
  const port = freePort(), apiPort = freePort();
  const env: Record<string, string> = {
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_LEDGER_URL: ledgerUrl,
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
    GOPOOL_API_LISTEN: `127.0.0.1:${apiPort}`,
    ...variables,
  };
  const config = readConfig("poold", schema, { args: [], env: (name) => env[name] });
  const log = captureLog();
  const stop = new AbortController();
  const { signal } = stop;
  const pool = open.use(
    await openPool(config, { ...more, clock, random: systemRandom, log: log.log, signal }),
  );
  const running = pool.run(signal);
  open.defer(async () => {
    stop.abort();
    await running;
  });
  await Promise.race([
    listening(port, signal),
    running.then(() => Promise.reject(new Error("The pool ended before it listened"))),
  ]);
  const owned = open.move();
  return {
    port,
    apiPort,
    view: pool.view,
    bus: pool.bus,
    ledgerUrl,
    log,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function listening(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await systemClock.sleep(20, signal);
  }
}
