/**
 * Bitcoin Core for tests, where somebody has one: GOPOOL_TEST_BITCOIND is the path of its bitcoind, 27 or later. No
 * package registry has it, so nothing here installs it, and its absence fails nothing.
 *
 * @module
 */
import { skipped } from "./absent.ts";
import { freePort, kill, type Running, spawn, stop, untilReady } from "./process.ts";
import { rpc } from "./rpc.ts";

export interface Bitcoind extends AsyncDisposable {
  /** With user and password, as GOPOOL_NODE_URL takes it. */
  readonly url: URL;
  /** Publishes hashblock. */
  readonly zmq: string;
  call(method: string, ...params: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: the node takes connections and answers nothing. */
  stall(on: boolean): void;
}

const USER = "pool";
const PASSWORD = "only-on-loopback";

/** The path, or null where none is named. */
export function findBitcoind(): string | null {
  const path = Deno.env.get("GOPOOL_TEST_BITCOIND");
  if (path) return path;
  return skipped("Tests against Bitcoin Core are skipped: GOPOOL_TEST_BITCOIND names no bitcoind", {
    required: false,
  });
}

/** A regtest node on a folder of its own, without peers. */
export async function startBitcoind(
  binary: string,
  options: { dataDir?: string; port?: number; flags?: readonly string[] } = {},
): Promise<Bitcoind> {
  const folder = options.dataDir ?? await Deno.makeTempDir({ prefix: "bitcoind-" });
  const port = options.port ?? freePort();
  const zmq = `tcp://127.0.0.1:${freePort()}`;
  const running: Running = spawn(binary, [
    "-regtest",
    "-server",
    `-datadir=${folder}`,
    "-listen=0",
    "-dnsseed=0",
    "-rpcbind=127.0.0.1",
    "-rpcallowip=127.0.0.1",
    `-rpcport=${port}`,
    `-rpcuser=${USER}`,
    `-rpcpassword=${PASSWORD}`,
    `-zmqpubhashblock=${zmq}`,
    ...(options.flags ?? []),
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
    await untilReady(running, "bitcoind", () => call("getblockcount"));
  } catch (error) {
    await end(kill);
    throw error;
  }
  return {
    url,
    zmq,
    call,
    stop: () => end(stop),
    kill: () => end(kill),
    stall: (on) => running.child.kill(on ? "SIGSTOP" : "SIGCONT"),
    [Symbol.asyncDispose]: () => end(kill),
  };
}
