/** For tests: the money side of the public API over REST, on real books that it may only read. @module */
import {
  type ApplyRequest,
  createBlockApi,
  createBooksReader,
  createMinerBooksRpc,
  createPayoutApi,
  type EffortOf,
  type Finders,
} from "@gopool/apiserver/books";
import type { Network } from "@gopool/chain";
import { createGateway, serving } from "@gopool/control/gateway";
import type { Ledger } from "@gopool/ledger";
import type { ServiceImpl } from "@gopool/control";
import { BlockService, MinerService, PayoutService } from "@gopool/proto/api";
import type { Clock } from "@gopool/runtime";
import { captureLog } from "@gopool/testing";

/** How tests open the books: with apiserver's rights. */
export const READS = { role: "gopool_apiserver", readOnly: true } as const;

export interface PublicApiOptions {
  readonly ledger: Pick<Ledger, "transaction">;
  readonly clock: Clock;
  readonly network?: Network;
  readonly finders?: Finders;
  readonly effortOf?: EffortOf;
  readonly applyRequest?: ApplyRequest | null;
}

export interface Answer {
  readonly status: number;
  /** Where the answer says one. */
  readonly retryAfter?: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

export function publicApi(options: PublicApiOptions) {
  const { ledger, clock, network = "regtest", finders = "full", applyRequest = null } = options;
  const { effortOf = () => Promise.resolve(new Map()) } = options;
  const { log, lines } = captureLog();
  const books = createBooksReader({ ledger, clock, network, pool: "gopool" });
  const deps = { books, clock, log, finders, effortOf, network, applyRequest };
  // What is not money is not asked for here.
  const miners = createMinerBooksRpc(deps) as ServiceImpl<typeof MinerService>;
  const gateway = createGateway({
    services: [
      serving(BlockService, createBlockApi(deps)),
      serving(PayoutService, createPayoutApi(deps)),
      serving(MinerService, miners),
    ],
    clock,
    log,
  });
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const request = new Request(`http://pool.example/api/v1${path}`, init);
    const response = await gateway.fetch(request, { address: "192.0.2.1" });
    if (response === null) throw new Error(`Nobody serves ${path}`);
    const { status, headers } = response;
    const wait = headers.get("retry-after");
    const body = await response.json();
    return { status, body, ...wait === null ? {} : { retryAfter: wait } };
  };
  return {
    books,
    lines,
    get: (path: string) => ask(path),
    post: (path: string, body: unknown) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}
