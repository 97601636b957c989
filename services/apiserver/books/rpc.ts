/** BlockService and PayoutService of the public API: read, ask, shape. @module */
import type { ServiceImpl } from "@gopool/control";
import {
  type BlockService,
  type JsonObject,
  type PayoutService,
  timestampFromMs,
} from "@gopool/proto/api";
import type { Clock, Logger } from "@gopool/runtime";
import { Parts } from "../public/parts.ts";
import { CREDITS_MAX, CREDITS_USUAL, LIST_MAX, LIST_USUAL } from "./limits.ts";
import { sizeOf } from "./pages.ts";
import type { BooksReader } from "./reader.ts";
import { NotInBooks, told } from "./rpc_errors.ts";
import { blockSummary, creditMessage, type Finders, poolPayout } from "./shapes.ts";
import type { PoolBlock } from "./types.ts";

/** Efforts of blocks by hash, from statistics: those that are not known are left out. @throws {SeriesUnavailable} */
export type EffortOf = (
  blocks: readonly { readonly hash: string; readonly foundAtMs: number }[],
) => Promise<ReadonlyMap<string, number>>;

export interface BooksApiDeps {
  readonly books: BooksReader;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly finders: Finders;
  readonly effortOf: EffortOf;
}

export function createBlockApi(deps: BooksApiDeps): ServiceImpl<typeof BlockService> {
  const { books, clock, log, finders, effortOf } = deps;
  const partsOf = () =>
    new Parts((part, error) => log.debug("a part of an answer is away", { part, error }));
  const summaries = async (blocks: readonly PoolBlock[], parts: Parts) => {
    const efforts = await parts.take("statistics", () => effortOf(blocks), NONE);
    return blocks.map((block) => blockSummary(block, finders, efforts.get(block.hash) ?? null));
  };
  return {
    listBlocks: told(async ({ pageSize, pageToken }) => {
      const parts = partsOf();
      const size = sizeOf(pageSize, LIST_USUAL, LIST_MAX);
      const { rows, nextPageToken } = await books.blocks({ size, token: pageToken });
      const blocks = await summaries(rows, parts);
      return { freshness: parts.freshness(clock.now()), blocks, nextPageToken };
    }),

    getBlock: told(async ({ hash }) => {
      const parts = partsOf();
      const block = await books.block(hash);
      if (block === null) throw noSuch(hash);
      const [summary] = await summaries([block], parts);
      const { feeSats, donationSats, accounts, settledAtMs, waitsFor } = block;
      return {
        freshness: parts.freshness(clock.now()),
        block: summary!,
        feeSats,
        donationSats,
        accounts,
        ...settledAtMs === null ? {} : { settledAt: timestampFromMs(settledAtMs) },
        waitsFor: waitsFor ?? "",
      };
    }),

    getBlockSplit: told(async ({ hash, pageSize, pageToken }) => {
      const size = sizeOf(pageSize, CREDITS_USUAL, CREDITS_MAX);
      const split = await books.split(hash, { size, token: pageToken });
      if (split === null) throw noSuch(hash);
      const { basis, window, credits, ...rest } = split;
      return {
        ...rest,
        freshness: partsOf().freshness(clock.now()),
        ...basis === null ? {} : { basis: basis as JsonObject },
        ...window === null ? {} : {
          windowFrom: timestampFromMs(window.fromMs),
          windowUntil: timestampFromMs(window.untilMs),
        },
        credits: credits.rows.map(creditMessage),
        nextPageToken: credits.nextPageToken,
      };
    }),
  };
}

export function createPayoutApi(
  { books, clock }: Pick<BooksApiDeps, "books" | "clock">,
): ServiceImpl<typeof PayoutService> {
  return {
    listPayouts: told(async ({ pageSize, pageToken }) => {
      const size = sizeOf(pageSize, LIST_USUAL, LIST_MAX);
      const { rows, nextPageToken } = await books.payouts({ size, token: pageToken });
      const freshness = new Parts().freshness(clock.now());
      return { freshness, payouts: rows.map(poolPayout), nextPageToken };
    }),
  };
}

const NONE: ReadonlyMap<string, number> = new Map();

function noSuch(hash: string): NotInBooks {
  return new NotInBooks(`The pool has found no block ${hash.toLowerCase()}`);
}
