/**
 * A real node for tests: btcd, built once with Go and kept in the user's cache folder.
 *
 * What to know of it: `--regtest` begins with an empty chain at every start; `--simnet` and `--signet` keep theirs,
 * but a kill loses what was not flushed in the last minutes. Templates need a peer except on regtest and simnet:
 * join two signet nodes with `listen` and `connect`.
 *
 * @module
 */
import { findGoProgram } from "./go_program.ts";
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
export function findBtcd(): Promise<string | null> {
  return findGoProgram({ name: "btcd", from: "github.com/btcsuite/btcd", version: BTCD_VERSION });
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
