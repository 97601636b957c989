/**
 * Redis under Sentinel for tests: a master, a replica, and one or three Sentinels that make the replica the master when
 * the master is gone for a second.
 *
 * @module
 */
import { freePort } from "../places.ts";
import { waitFor } from "../wait_for.ts";
import { type Running, untilReady } from "./process.ts";
import { type RedisServer, startRedis } from "./redis.ts";
import { askRedis } from "./redis_wire.ts";
import { end, spawnWatched } from "./watched.ts";

export interface SentinelOptions {
  /** Three decide by two votes, one decides alone. */
  readonly sentinels?: 1 | 3;
  /** Of master and replica; the Sentinels themselves want none. */
  readonly password?: string;
  /** Master and replica write their data down. */
  readonly aof?: boolean;
}

export interface SentinelServers extends AsyncDisposable {
  /** `redis+sentinel://[:password@]127.0.0.1:PORT,127.0.0.1:PORT/gopool`: the Sentinels, and the master's name. */
  readonly url: string;
  /** The first is the master at the start. */
  readonly servers: readonly [RedisServer, RedisServer];
  /** Ports of the Sentinels. */
  readonly sentinels: readonly number[];
  /** The port that the first Sentinel which answers takes for the master's. */
  masterPort(): Promise<number>;
}

export const MASTER_NAME = "gopool";

/** Without an answer for so long, the master is taken for dead. */
const DOWN_AFTER_MS = 1_000;
/** Bounds the parts of a failover; short, so that a second failover need not wait long. */
const FAILOVER_TIMEOUT_MS = 5_000;
const UP_WITHIN_MS = 60_000;

/** Starts them all and waits until every Sentinel knows the replica and the other Sentinels. */
export async function startSentinel(
  binary: string,
  options: SentinelOptions = {},
): Promise<SentinelServers> {
  const { sentinels = 1, password, aof = false } = options;
  await using started = new AsyncDisposableStack();
  const access = { ...(password === undefined ? {} : { password }), aof };
  const master = started.use(await startRedis(binary, access));
  const replica = started.use(await startRedis(binary, { ...access, replicaOf: master.port }));
  const ports: number[] = [];
  for (let at = 0; at < sentinels; at++) {
    const port = freePort();
    const watch = started.use(await startOne(binary, port, configOf(port, master.port)));
    await untilReady(watch.running, "redis-sentinel", () => askRedis({ port }, ["PING"]));
    ports.push(port);
  }
  function configOf(port: number, masterPort: number): string {
    return [
      `port ${port}`,
      "bind 127.0.0.1",
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} ${sentinels === 1 ? 1 : 2}`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_TIMEOUT_MS}`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER_NAME} "${password}"`]),
      "",
    ].join("\n");
  }
  for (const port of ports) {
    const count = async (what: string) =>
      (await askRedis({ port }, ["SENTINEL", what, MASTER_NAME]) as unknown[]).length;
    const complete = async () =>
      await count("REPLICAS") === 1 && await count("SENTINELS") === sentinels - 1;
    await waitFor(complete, "the Sentinels to know each other", { deadlineMs: UP_WITHIN_MS });
  }
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join();
  const all = started.move();
  return {
    url: `redis+sentinel://${login}${hosts}/${MASTER_NAME}`,
    servers: [master, replica],
    sentinels: ports,
    async masterPort() {
      const question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME];
      const answer = await Promise.any(ports.map((port) => askRedis({ port }, question)));
      return Number((answer as string[])[1]);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A Sentinel writes what it learns into its own settings file. */
async function startOne(binary: string, port: number, config: string) {
  const folder = await Deno.makeTempDir({ prefix: "sentinel-" });
  const file = `${folder}/sentinel-${port}.conf`;
  await Deno.writeTextFile(file, config);
  const running: Running = await spawnWatched(binary, [file, "--sentinel"], { folder });
  return {
    running,
    async [Symbol.asyncDispose]() {
      await end(running, { atOnce: true });
      await Deno.remove(folder, { recursive: true });
    },
  };
}
