/**
 * apiserver: what everyone may see, over HTTP. Several may run; none of them can write to the books.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { Network } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import type { ApplyRequestResponse } from "@gopool/proto/control";
import {
  aborted,
  type Clock,
  keepFollowing,
  type Logger,
  type Metrics,
  type Random,
  runTogether,
  type Service,
  type StatusBoard,
} from "@gopool/runtime";
import type { SeriesReader } from "@gopool/series";
import type { State } from "@gopool/state";
import type { ApiConfig } from "./api_rows.ts";
import { Live } from "./live.ts";
import { servePublic } from "./public_port.ts";

/**
 * Gives a miner's signed line to who keeps the books, and its answer back: payoutd's ClientService.ApplyRequest.
 *
 * @throws {ConnectError} It is away, or refuses the caller.
 */
export type ApplyRequest = (
  request: { readonly text: string; readonly signature: string },
  signal: AbortSignal,
) => Promise<ApplyRequestResponse>;

export interface ApiserverDeps {
  readonly bus: Pick<Bus, "follow">;
  readonly state: State;
  readonly series: SeriesReader;
  /** Opened as the role that can only read. */
  readonly ledger: Pick<Ledger, "transaction">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly metrics?: Metrics;
  /** The pool's name. */
  readonly pool: string;
  readonly network: Network;
  readonly settings: ApiConfig;
  /** Null: changes of settings are not taken here. */
  readonly applyRequest: ApplyRequest | null;
}

export interface Apiserver extends Service {
  /** The port it answers on, once it does. */
  readonly listening: Promise<number>;
  readonly live: Live;
}

export function createApiserver(deps: ApiserverDeps): Apiserver {
  const { board, settings: { apiListen } } = deps;
  const live = new Live(deps);
  const listening = Promise.withResolvers<number>();
  // Who does not ask is told of a port that is taken by `run`.
  listening.promise.catch(() => {});
  return {
    name: "apiserver",
    listening: listening.promise,
    live,
    async run(signal) {
      await runTogether(
        signal,
        (stop) => keepFollowing(deps, "apiserver/live", stop, (lane) => live.follow(lane)),
        async (stop) => {
          await using server = servePublic(apiListen, () => new Response("", { status: 404 }));
          listening.resolve(server.port);
          board.set("apiserver/http", "ok", `answers on ${apiListen.host}:${server.port}`);
          await aborted(stop);
          live.endAll();
        },
      );
    },
  };
}
