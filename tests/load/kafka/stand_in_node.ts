/**
 * A node that takes every block and notes when it was called: for times only, it judges nothing.
 *
 * @module
 */
import { fromHex, sha256d, toHex } from "@gopool/chain";

/** When a block's submission was called, and how long its bytes took to be here. */
export interface Submission {
  /** Monotonic, ms: the request's head had come. */
  readonly calledMs: number;
  readonly wholeMs: number;
  /** Of the block. */
  readonly bytes: number;
}

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly id: number;
}

const HEADER_DIGITS = 160;

export class StandInNode implements AsyncDisposable {
  readonly #waiting = new Map<string, PromiseWithResolvers<Submission>>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => this.#answer(request),
  );

  get url(): string {
    return `http://load:load@127.0.0.1:${this.#server.addr.port}`;
  }

  /** Resolves when the block of this hash (internal order) is given. Ask before it is. */
  given(hash: Uint8Array): Promise<Submission> {
    const given = Promise.withResolvers<Submission>();
    this.#waiting.set(toHex(hash), given);
    return given.promise;
  }

  async #answer(request: Request): Promise<Response> {
    const calledMs = performance.now();
    const body = await request.text();
    const wholeMs = performance.now();
    const asked: Call | Call[] = JSON.parse(body);
    for (const { method, params } of [asked].flat()) {
      if (method !== "submitblock") continue;
      const [block] = params as [string];
      const hash = toHex(sha256d(fromHex(block.slice(0, HEADER_DIGITS))));
      this.#waiting.get(hash)?.resolve({ calledMs, wholeMs, bytes: block.length / 2 });
      this.#waiting.delete(hash);
    }
    return Response.json(Array.isArray(asked) ? asked.map(answerTo) : answerTo(asked));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function answerTo({ method, id }: Call) {
  const result = RESULTS[method];
  return result === undefined
    ? { id, result: null, error: { code: -32601, message: "Method not found" } }
    : { id, result: result.is, error: null };
}

/** What blocksubmit asks: the node as Bitcoin Core, on a chain of its own. */
const RESULTS: Readonly<Record<string, { readonly is: unknown }>> = {
  submitblock: { is: null },
  getnetworkinfo: { is: { version: 290_000, subversion: "/load/", connections: 8 } },
  getblockchaininfo: {
    is: {
      chain: "regtest",
      blocks: 900_000,
      headers: 900_000,
      bestblockhash: "00".repeat(32),
      initialblockdownload: false,
    },
  },
};
