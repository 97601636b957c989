/**
 * The real nodes that the pool is tried against from end to end, on regtest, behind one face: btcd where Go can build
 * it, and Bitcoin Core where GOPOOL_TEST_BITCOIND names it.
 *
 * @module
 */
import { findBitcoind, startBitcoind } from "./bitcoind.ts";
import { type Btcd, findBtcd, startBtcd } from "./btcd.ts";

export interface RealNode extends AsyncDisposable {
  /** What the pool is told of it: GOPOOL_NODE_URL, and GOPOOL_NODE_ZMQ where it publishes. */
  readonly settings: Readonly<Record<string, string>>;
  /** One RPC call. Throws what the node answers as error. */
  call(method: string, ...params: unknown[]): Promise<unknown>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** After a kill: the same place, and not a block of the old chain. */
  startAnew(): Promise<void>;
  /** SIGSTOP and SIGCONT: it takes connections and answers nothing. */
  stall(on: boolean): void;
}

export interface NodeKind {
  readonly name: string;
  /** Null where this machine cannot have it. */
  readonly start: (() => Promise<RealNode>) | null;
}

/** btcd always, Bitcoin Core only where it is named. */
export async function nodeKinds(): Promise<readonly NodeKind[]> {
  const btcd = await findBtcd();
  const bitcoind = findBitcoind();
  return [
    { name: "btcd", start: btcd === null ? null : () => btcdNode(btcd) },
    ...(bitcoind === null ? [] : [{ name: "Bitcoin Core", start: () => bitcoindNode(bitcoind) }]),
  ];
}

async function btcdNode(binary: string): Promise<RealNode> {
  // On regtest it removes its chain by itself at each start.
  return await over((options) => startBtcd(binary, options));
}

async function bitcoindNode(binary: string): Promise<RealNode> {
  // A folder of its own at each start: nothing is left of the old chain.
  return await over((options) => startBitcoind(binary, options));
}

type Startable = Pick<Btcd, "url" | "call" | "kill" | "stall"> & AsyncDisposable & { zmq?: string };

async function over(
  start: (options: { port?: number; flags: string[] }) => Promise<Startable>,
): Promise<RealNode> {
  let node = await start({ flags: [] });
  const { url, zmq } = node;
  return {
    settings: {
      GOPOOL_NODE_URL: url.href,
      ...(zmq === undefined ? {} : { GOPOOL_NODE_ZMQ: zmq }),
    },
    call: (method, ...params) => node.call(method, ...params),
    kill: () => node.kill(),
    async startAnew() {
      const flags = zmq === undefined ? [] : [`-zmqpubhashblock=${zmq}`];
      node = await start({ port: Number(url.port), flags });
    },
    stall: (on) => node.stall(on),
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}
