/**
 * Parts of an answer that could not be had. Their fields are empty, which is not the same as nothing: they are shown as
 * not known.
 *
 * @module
 */
import type { FreshnessJson } from "@gopool/proto/api";

/** As the API calls them. */
export type PartName = "statistics" | "ledger" | "live";

export function misses(freshness: FreshnessJson | undefined, part: PartName): boolean {
  return freshness?.missing?.some((one) => one.part === part) ?? false;
}

/** In place of a figure that is not known. */
export const NOT_KNOWN = "–";
