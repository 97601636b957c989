/**
 * A real node for tests: btcd, built once with Go and kept in the user's cache folder.
 *
 * What to know of it: `--regtest` begins with an empty chain at every start; `--simnet` and `--signet` keep theirs,
 * but a kill loses what was not flushed in the last minutes. Templates need a peer except on regtest and simnet:
 * join two signet nodes with `listen` and `connect`.
 *
 * @module
 */
import { skipped } from "./absent.ts";
import { freePort, kill, type Running, spawn, stop, untilReady } from "./process.ts";
import { rpc } from "./rpc.ts";

export { rpc };

export const BTCD_VERSION = "v0.26.2";

export interface BtcdOptions {
  readonly network?: "regtest" | "simnet" | "signet";
  /** Kept at disposal where given, else a temporary folder that goes with the node. */
  readonly dataDir?: string;
  /** For peers, on 127.0.0.1. */
  readonly listen?: boolean;
  /** `host:port` of a peer that listens; tried again for as long as it is away. */
  readonly connect?: string;
  /** Takes this RPC port, as after a kill; default a free one. */
  readonly port?: number;
  /** More of btcd's own flags. */
  readonly flags?: readonly string[];
}

export interface Btcd extends AsyncDisposable {
  /** With user and password, as GOPOOL_NODE_URL takes it. */
  readonly url: URL;
  readonly port: number;
  /** Where peers connect; null where it does not listen. */
  readonly peers: string | null;
  readonly pid: number;
  /** One RPC call, for what the pool's own adapter does not do. Throws what the node answers as error. */
  call(method: string, ...params: unknown[]): Promise<unknown>;
  /** SIGINT, and its end. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: the node takes connections and answers nothing. */
  stall(on: boolean): void;
}

const USER = "pool";
const PASSWORD = "only-on-loopback";
/** 5 MiB of cache instead of 100 make it a small process. */
const SMALL = "--utxocachemaxsize=5";

/**
 * The path of btcd, building it where it is not in the cache yet (about a minute). Null on a machine without Go, said in
 * a sentence; with CI=true that is an error instead.
 */
export async function findBtcd(): Promise<string | null> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`;
  const folder = `${cache}/gopool/btcd-${BTCD_VERSION}`;
  const path = `${folder}/btcd`;
  if (await exists(path)) return path;
  const why = await build(folder, path);
  if (why === null) return path;
  return skipped(`Tests against btcd ${BTCD_VERSION} are skipped: ${why}`);
}

/** Null when it is built, else why it is not. Test files run side by side: the last step is one rename. */
async function build(folder: string, path: string): Promise<string | null> {
  await Deno.mkdir(folder, { recursive: true });
  const own = await Deno.makeTempDir({ dir: folder, prefix: "build-" });
  try {
    const { success, stderr } = await new Deno.Command("go", {
      args: ["install", `github.com/btcsuite/btcd@${BTCD_VERSION}`],
      env: { GOBIN: own },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      return `Go could not build it: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
    }
    await Deno.rename(`${own}/btcd`, path);
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no Go on this machine";
    throw error;
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** Starts it and waits until its RPC answers. `binary` is what `findBtcd()` gave. */
export async function startBtcd(binary: string, options: BtcdOptions = {}): Promise<Btcd> {
  const { network = "regtest", flags = [] } = options;
  const folder = options.dataDir ?? await Deno.makeTempDir({ prefix: "btcd-" });
  const port = options.port ?? freePort();
  const peers = options.listen ? `127.0.0.1:${freePort()}` : null;
  const running: Running = spawn(binary, [
    `--${network}`,
    ...(network === "signet" ? ["--signetchallenge=51"] : []),
    "--configfile=/dev/null",
    `--datadir=${folder}/data`,
    `--logdir=${folder}/log`,
    `--rpcuser=${USER}`,
    `--rpcpass=${PASSWORD}`,
    "--notls",
    `--rpclisten=127.0.0.1:${port}`,
    peers === null ? "--nolisten" : `--listen=${peers}`,
    ...(options.connect === undefined ? [] : [`--connect=${options.connect}`]),
    "--nodnsseed",
    "--txindex",
    SMALL,
    ...flags,
  ]);
  const url = new URL(`http://${USER}:${PASSWORD}@127.0.0.1:${port}`);
  const call = (method: string, ...params: unknown[]) => rpc(url, method, params);
  let over = false;
  const end = async (how: (running: Running) => Promise<void>) => {
    if (over) return;
    over = true;
    await how(running);
    if (options.dataDir === undefined) await Deno.remove(folder, { recursive: true });
  };
  try {
    await untilReady(running, "btcd", () => call("getblockcount"));
  } catch (error) {
    await end(kill);
    throw error;
  }
  return {
    url,
    port,
    peers,
    pid: running.child.pid,
    call,
    stop: () => end(stop),
    kill: () => end(kill),
    stall: (on) => running.child.kill(on ? "SIGSTOP" : "SIGCONT"),
    [Symbol.asyncDispose]: () => end(kill),
  };
}
