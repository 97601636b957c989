/**
 * A real Redis for tests, and Sentinels that watch one, on 127.0.0.1.
 *
 * @module
 */
import { freePort } from "../places.ts";
import type { Absent } from "./absent.ts";
import { type Pem, tlsFiles } from "./pem.ts";
import { type Running, untilReady } from "./process.ts";
import { end, spawnWatched } from "./watched.ts";
import { askRedis } from "./redis_wire.ts";

export interface RedisOptions {
  /** Takes this port; default a free one. */
  readonly port?: number;
  readonly password?: string;
  /** Only TLS on its port. */
  readonly tls?: boolean;
  /** Writes its data down, so that it has it again after `restart()`; without, it has lost everything. */
  readonly aof?: boolean;
  /** Follows the server on this port. */
  readonly replicaOf?: number;
  /** More of its own settings: `["--maxclients", "3"]`. */
  readonly flags?: readonly string[];
}

export interface RedisServer extends AsyncDisposable {
  /** `redis://[:password@]127.0.0.1:PORT`, or `rediss://…`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The certificates, where TLS was asked for. */
  readonly pem: Pem | null;
  /** One command on a connection of its own: `ask("SET", "a", "1")`. Throws the server's words. */
  ask(...command: string[]): Promise<unknown>;
  /** SIGTERM, and its end. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: it takes connections and answers nothing. */
  stall(on: boolean): void;
  /** Starts it again, in its old place. */
  restart(): Promise<void>;
}

/** The command that starts Redis, where this machine has it. */
export async function findRedis(): Promise<string | Absent> {
  try {
    await new Deno.Command("redis-server", { args: ["--version"], stdin: "null" }).output();
    return "redis-server";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { why: "there is no redis-server on this machine" };
    }
    throw error;
  }
}

/** Starts it and waits until it answers. `binary` is what `findRedis()` gave. */
export async function startRedis(
  binary: string,
  options: RedisOptions = {},
): Promise<RedisServer> {
  const { password, tls = false, aof = false, port = freePort() } = options;
  const folder = await Deno.makeTempDir({ prefix: "redis-" });
  const pem = tls ? await tlsFiles(folder) : null;
  const access = { port, password, ca: pem?.ca };
  const flags = [
    ...["--bind", "127.0.0.1", "--daemonize", "no", "--dir", folder, "--save", ""],
    ...["--appendonly", aof ? "yes" : "no", "--appendfsync", "everysec"],
    ...(password === undefined ? [] : ["--requirepass", password, "--masterauth", password]),
    ...(options.replicaOf === undefined ? [] : ["--replicaof", `127.0.0.1 ${options.replicaOf}`]),
    ...(pem === null ? ["--port", String(port)] : [
      ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "optional"],
      ...["--tls-cert-file", pem.files.serverCert, "--tls-key-file", pem.files.serverKey],
      ...["--tls-ca-cert-file", pem.files.ca],
    ]),
    ...options.flags ?? [],
  ];
  let running: Running;
  let over = false;

  async function launch(): Promise<void> {
    running = await spawnWatched(binary, flags, { folder });
    await untilReady(running, "redis-server", () => askRedis(access, ["PING"]));
  }
  const finish = async () => {
    if (over) return;
    over = true;
    await end(running, { atOnce: true });
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await launch();
  } catch (error) {
    await finish();
    throw error;
  }
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  return {
    url: `${tls ? "rediss" : "redis"}://${login}127.0.0.1:${port}`,
    port,
    get pid() {
      return running.child.pid;
    },
    pem,
    ask: (...command) => askRedis(access, command),
    stop: () => end(running),
    kill: () => end(running, { atOnce: true }),
    stall: (on) => running.child.kill(on ? "SIGSTOP" : "SIGCONT"),
    restart: launch,
    [Symbol.asyncDispose]: finish,
  };
}
