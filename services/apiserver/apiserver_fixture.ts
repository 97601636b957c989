/**
 * For tests: an apiserver on embedded stores, asked over HTTP.
 *
 * @module
 */
import { encodeRecord, openBus, statsLive } from "@gopool/bus";
import { type Ledger, LedgerUnavailable } from "@gopool/ledger";
import type { MessageInitShape, StatsLiveSchema } from "@gopool/proto";
import {
  createMetrics,
  createStatusBoard,
  type MetricsRegistry,
  seededRandom,
  silent,
  type StatusBoard,
  systemClock,
} from "@gopool/runtime";
import { openSeries, type SeriesReader } from "@gopool/series";
import { openState, type State } from "@gopool/state";
import { tempDir, waitFor } from "@gopool/testing";
import type { ApiConfig } from "./api_rows.ts";
import type { ApplyRequest } from "./books/mod.ts";
import type { Page } from "./page/mod.ts";
import { type Apiserver, createApiserver } from "./service.ts";

export const POOL = "gopool";

/** A page of one document. */
export const STUB_PAGE: Page = {
  built: true,
  fetch: (request) =>
    new URL(request.url).pathname === "/"
      ? new Response("<!doctype html><title>pool</title>", {
        headers: {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": "default-src 'self'",
        },
      })
      : null,
};

/** Books that nobody can read. */
export const NO_LEDGER: Pick<Ledger, "transaction"> = {
  transaction: () => Promise.reject(new LedgerUnavailable("the ledger is away", false)),
};

export interface ApiStand extends AsyncDisposable {
  readonly apiserver: Apiserver;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly board: StatusBoard;
  readonly metrics: MetricsRegistry;
  /** As statsd says it each second. */
  say(record: MessageInitShape<typeof StatsLiveSchema>): Promise<void>;
  /** Tells it to end; resolves when it has. */
  end(): Promise<void>;
}

export interface ApiStandOptions {
  readonly settings?: Partial<ApiConfig>;
  readonly state?: State;
  readonly series?: SeriesReader;
  readonly ledger?: Pick<Ledger, "transaction">;
  readonly applyRequest?: ApplyRequest;
}

/** Nobody is limited unless `settings` say so. */
export async function apiStand(options: ApiStandOptions = {}): Promise<ApiStand> {
  await using open = new AsyncDisposableStack();
  const clock = systemClock;
  const folder = open.use(await tempDir());
  const bus = open.use(await openBus("memory:", { clock }));
  const state = options.state ?? open.use(await openState("memory:", { clock }));
  const series = options.series ??
    open.use(await openSeries(`sqlite:${folder.path}/series.sqlite`, { clock, raw: false }));
  const board = createStatusBoard(clock);
  const metrics = createMetrics();
  const settings: ApiConfig = {
    apiListen: { host: "127.0.0.1", port: 0 },
    apiOrigins: "*",
    apiTrustedProxies: [],
    apiRate: 0,
    apiBurst: 200,
    apiStratumUrls: ["stratum+tcp://pool.example:3333"],
    apiFinders: "full",
    apiPayoutd: undefined,
    apiPayoutdToken: undefined,
    apiPayoutdCa: undefined,
    ...options.settings,
  };
  const apiserver = createApiserver({
    bus,
    state,
    series,
    ledger: options.ledger ?? NO_LEDGER,
    clock,
    random: seededRandom(1),
    log: silent,
    board,
    metrics,
    pool: POOL,
    network: "regtest",
    settings,
    applyRequest: options.applyRequest ?? null,
    page: STUB_PAGE,
  });
  const stop = new AbortController();
  const running = apiserver.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  open.defer(end);
  const port = await Promise.race([apiserver.listening, running.then(() => -1)]);
  const owned = open.move();
  return {
    apiserver,
    port,
    url: `http://127.0.0.1:${port}`,
    board,
    metrics,
    async say(record) {
      const before = apiserver.live.latest();
      const message = { pool: POOL, atMs: BigInt(clock.now()), ...record };
      await bus.publish(statsLive, [encodeRecord(statsLive, message, { key: POOL })]);
      await waitFor(() => apiserver.live.latest() !== before, "the live record");
    },
    end,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
