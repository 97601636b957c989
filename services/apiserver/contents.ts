/**
 * What is served: the API's methods by every way to them, routes of other pools' dashboards, the page.
 *
 * @module
 */
import { createDocs, createGateway, openApi, serving } from "@gopool/control/gateway";
import { BlockService, MinerService, PayoutService, PoolService } from "@gopool/proto/api";
import { COMMENTS } from "@gopool/proto/api/comments";
import type { Answers } from "./answers.ts";
import {
  type BooksReader,
  createBlockApi,
  createMinerBooksRpc,
  createPayoutApi,
} from "./books/mod.ts";
import { createCompat } from "./compat/mod.ts";
import { type Corner, createPlaces, type Places } from "./places.ts";
import { keptAnswers } from "./kept_answers.ts";
import { COMPAT_FRESH_MS, STREAMS_MAX } from "./limits.ts";
import type { Live } from "./live.ts";
import { createPublicRpc, effortsOf, type PublicDeps } from "./public/mod.ts";
import type { ApiserverDeps } from "./service.ts";
import { boundedStreams, type StreamCounts } from "./streams.ts";

/** Of the whole API, for people; each method and field says its own. */
const DESCRIPTION =
  "Read-only but for a miner's signed change of its own settings. Money is in satoshi, whole; hash rates in hashes a " +
  "second; times are RFC 3339; whole numbers of 64 bits are strings. Answers are kept for some seconds (Cache-Control, " +
  "ETag), and each address may ask so often (RateLimit); 429 says when to come again.";

export interface ContentsDeps extends ApiserverDeps {
  readonly live: Live;
  readonly books: BooksReader;
  readonly streams: StreamCounts;
  readonly answers: Answers;
  readonly generation: () => string;
  readonly onAnswer: (from: "made" | "shared") => void;
  readonly stop: AbortSignal;
}

export function createContents(deps: ContentsDeps): Places {
  const { pool, page, books, series, clock, log } = deps;
  const { apiStratumUrls = [], apiFinders: finders } = deps.settings;
  const { streams, answers, generation, onAnswer, stop } = deps;
  const publicDeps: PublicDeps = {
    ...deps,
    settings: { pool, stratumUrls: apiStratumUrls, finders, maturity: 100 },
  };
  const rpc = createPublicRpc(publicDeps, createMinerBooksRpc(deps));
  const booksApi = { books, clock, log, finders, effortOf: effortsOf(series) };
  const gateway = createGateway({
    services: [
      serving(PoolService, rpc.pool),
      serving(MinerService, rpc.miners),
      serving(BlockService, createBlockApi(booksApi)),
      serving(PayoutService, createPayoutApi(booksApi)),
    ],
    clock,
    log,
    before: [boundedStreams(streams)],
    interceptors: [keptAnswers(answers, generation, onAnswer)],
    stop,
    streamsMax: STREAMS_MAX,
  });
  const compat: Corner = {
    name: "compat",
    fetch: createCompat(publicDeps),
    has: (path) => /^\/api\/(?!v\d)/.test(path),
    ttl: { freshMs: COMPAT_FRESH_MS, staleMs: COMPAT_FRESH_MS },
  };
  const docs = createDocs(openApi({
    services: [PoolService, MinerService, BlockService, PayoutService],
    title: `Public API of ${pool}`,
    version: "v1",
    description: DESCRIPTION,
    comments: COMMENTS,
    isConditional: true,
  }));
  const pages: Corner = { name: "page", fetch: (request) => page.fetch(request) };
  return createPlaces(gateway, [docs, compat, pages]);
}
