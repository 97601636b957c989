/**
 * apiserver: what everyone may see, over HTTP. Several may run; none of them can write to the books.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { Network } from "@gopool/chain";
import { Code, ConnectError } from "@gopool/control";
import type { Ledger } from "@gopool/ledger";
import {
  aborted,
  type Clock,
  keepFollowing,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  runTogether,
  type Service,
  type StatusBoard,
} from "@gopool/runtime";
import type { SeriesReader } from "@gopool/series";
import type { State } from "@gopool/state";
import { Answers } from "./answers.ts";
import type { ApiConfig } from "./api_rows.ts";
import { type ApplyRequest, type BooksReader, createBooksReader } from "./books/mod.ts";
import { createContents } from "./contents.ts";
import { Counts } from "./counts.ts";
import { type Flushed, Flushes } from "./flushes.ts";
import { createFront, type Front } from "./front.ts";
import { Limiter } from "./limiter.ts";
import { Live } from "./live.ts";
import { apiserverMetrics, requestSeconds } from "./metrics.ts";
import type { Page } from "./page/mod.ts";
import { servePublic } from "./public_port.ts";
import { Ready } from "./ready.ts";
import { StreamCounts } from "./streams.ts";

export type { ApplyRequest };

/** On the board: whether the public is answered. */
const PART = "apiserver/http";

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
  readonly page: Page;
}

export interface Apiserver extends Service {
  /** The port it answers on, once it does. */
  readonly listening: Promise<number>;
  readonly live: Live;
  /** For operators. */
  readonly desk: Desk;
}

/** What an operator may see and do. */
export interface Desk {
  readonly counts: Counts;
  readonly ready: Ready;
  /** Null: nobody is limited. */
  readonly limiter: Limiter | null;
  readonly streams: StreamCounts;
  readonly underWay: () => number;
  /** As host:port; empty while it does not answer. */
  readonly listen: () => string;
  flush(): Promise<Flushed>;
}

export function createApiserver(deps: ApiserverDeps): Apiserver {
  const { board, metrics = noMetrics, settings } = deps;
  const { apiListen, apiRate: rate, apiBurst: burst } = settings;
  const live = new Live(deps);
  const counts = new Counts();
  const ready = new Ready();
  const flushes = new Flushes({ ...deps, ready });
  const generation = () => flushes.generation();
  const limiter = rate === 0 ? null : new Limiter({ ...deps, rate, burst });
  const streams = new StreamCounts();
  const answers = new Answers(deps);
  const seconds = requestSeconds(metrics);
  let front: Front | null = null;
  const underWay = () => front?.underWay ?? 0;
  const liveAgeMs = () => live.ageMs();
  apiserverMetrics({ metrics, counts, ready, limiter, streams, underWay, liveAgeMs });
  const listening = Promise.withResolvers<number>();
  // Who does not ask is told of a port that is taken by `run`.
  listening.promise.catch(() => {});
  let listen = "";

  async function serve(books: BooksReader, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const onAnswer = (from: "made" | "shared") => counts.kept[from]++;
    const given = { live, books, streams, answers, generation, onAnswer, stop: ended.signal };
    const places = createContents({ ...deps, ...given });
    const own = { places, ready, generation, limiter, counts, seconds };
    const { answer } = front = createFront({ ...deps, ...own });
    await using server = servePublic(apiListen, answer, deps.log);
    listening.resolve(server.port);
    listen = `${apiListen.host}:${server.port}`;
    board.set(PART, "ok", `answers on ${listen}`);
    await aborted(signal);
    listen = "";
    // Before the port: it waits for its streams.
    ended.abort(new ConnectError("the server ends: ask again in a moment", Code.Unavailable));
    live.endAll();
  }

  return {
    name: "apiserver",
    listening: listening.promise,
    live,
    desk: {
      counts,
      ready,
      limiter,
      streams,
      underWay,
      listen: () => listen,
      flush: () => flushes.flush(),
    },
    async run(signal) {
      const books = createBooksReader(deps);
      const lanes = softened(deps);
      await runTogether(
        signal,
        (stop) => keepFollowing(lanes, "apiserver/live", stop, (lane) => live.follow(lane)),
        (stop) => flushes.run(stop),
        (stop) => books.run(stop),
        (stop) => serve(books, stop),
      );
    },
  };
}

/** What is not heard of is missing in answers: nothing for which the others were not to be given. */
function softened<T extends { readonly board: StatusBoard }>(deps: T): T {
  const { board } = deps;
  return {
    ...deps,
    board: {
      all: () => board.all(),
      clear: (part) => board.clear(part),
      set: (part, health, detail, isError) =>
        board.set(part, health === "down" ? "degraded" : health, detail, isError),
    },
  };
}
