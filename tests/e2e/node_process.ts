/**
 * A simulated node that can be killed, stopped and woken: its chain is on disk before it answers, so that it has every
 * block again that it took.
 *
 * @module
 */
import { end, freePort, type Running, spawnWatched, untilReady } from "@gopool/testing/servers";
import { rpc } from "../real/rpc.ts";

const MAIN = new URL("./node_main.ts", import.meta.url).pathname;

export interface NodeProcess extends AsyncDisposable {
  /** With user and password, as GOPOOL_NODE_URL takes it. */
  readonly url: string;
  readonly pid: number;
  call(method: string, ...params: unknown[]): Promise<unknown>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** After a kill: the same place, the same chain. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: it takes connections and answers nothing. */
  stall(on: boolean): void;
}

/** @param fixedBits nBits of every block. */
export async function startNodeProcess(fixedBits: number): Promise<NodeProcess> {
  const folder = await Deno.makeTempDir({ prefix: "node-" });
  const port = freePort();
  const url = `http://pool:only-on-loopback@127.0.0.1:${port}`;
  const call = (method: string, ...params: unknown[]) => rpc(new URL(url), method, params);
  const args = ["run", "--quiet", "-A", MAIN, folder, String(port), String(fixedBits)];
  let running: Running;
  async function launch() {
    running = await spawnWatched(Deno.execPath(), args, { folder });
    await untilReady(running, "the simulated node", () => call("getblockcount"));
  }
  async function finish() {
    await end(running, { atOnce: true });
    await Deno.remove(folder, { recursive: true });
  }
  try {
    await launch();
  } catch (error) {
    await finish();
    throw error;
  }
  return {
    url,
    get pid() {
      return running.child.pid;
    },
    call,
    kill: () => end(running, { atOnce: true }),
    restart: launch,
    stall: (on) => running.child.kill(on ? "SIGSTOP" : "SIGCONT"),
    [Symbol.asyncDispose]: finish,
  };
}
