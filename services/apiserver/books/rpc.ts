/** BlockService and PayoutService of the public API. @module */
import type { ServiceImpl } from "@gopool/control";
import type { BlockService, PayoutService } from "@gopool/proto/api";
import type { Clock } from "@gopool/runtime";
import type { BooksReader } from "./reader.ts";
import type { Finders } from "./shapes.ts";

/** Efforts of blocks by hash, from statistics: those that are not known are left out. @throws {SeriesUnavailable} */
export type EffortOf = (
  blocks: readonly { readonly hash: string; readonly foundAtMs: number }[],
) => Promise<ReadonlyMap<string, number>>;

export interface BooksApiDeps {
  readonly books: BooksReader;
  readonly clock: Pick<Clock, "now">;
  readonly finders: Finders;
  readonly effortOf: EffortOf;
}

export function createBlockApi(_deps: BooksApiDeps): ServiceImpl<typeof BlockService> {
  throw new Error("not built yet");
}

export function createPayoutApi(
  _deps: Pick<BooksApiDeps, "books" | "clock">,
): ServiceImpl<typeof PayoutService> {
  throw new Error("not built yet");
}
