/** For tests: the public answers over REST, as the gateway gives them. @module */
import { createGateway, serving } from "@gopool/control/gateway";
import { MinerService, PoolService } from "@gopool/proto/api";
import { silent, systemClock } from "@gopool/runtime";
import { createMinerBooksRpc } from "../books/mod.ts";
import type { PublicDeps } from "./deps.ts";
import { createPublicRpc } from "./rpc.ts";

export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** @returns What a GET is answered. */
export function restOver(deps: PublicDeps): (path: string) => Promise<Answer> {
  const ask = rawOver(deps);
  return async (path) => {
    const response = await ask(path);
    return { status: response.status, body: await response.json() };
  };
}

/** The same before it is read: streams. */
export function rawOver(
  deps: PublicDeps,
): (path: string, signal?: AbortSignal) => Promise<Response> {
  const books = createMinerBooksRpc({ ...deps, applyRequest: null });
  const { pool, miners } = createPublicRpc(deps, books);
  const gateway = createGateway({
    services: [serving(PoolService, pool), serving(MinerService, miners)],
    clock: systemClock,
    log: silent,
  });
  return async (path, signal) => {
    const request = new Request(
      `http://pool.example${path}`,
      signal === undefined ? {} : { signal },
    );
    const response = await gateway.fetch(request, { address: "192.0.2.1" });
    if (response === null) throw new Error(`Nobody serves ${path}`);
    return response;
  };
}
