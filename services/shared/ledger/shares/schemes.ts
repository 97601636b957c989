/** The type `scheme` of migrations/0002_shares.sql, and how long slices tell minutes apart. @module */

/** What pays a share. "coinbase": its own coinbase, to its session's account; such shares are in no window. */
export type ShareScheme = "coinbase" | "pplns" | "solo" | "pps" | "fpps" | "prop";

/** Schemes that pay a share by the subsidy at its height: their slices carry it, those of others carry 0. */
export const PAYS_BY_SUBSIDY: ReadonlySet<ShareScheme> = new Set(["pps", "fpps"]);

export const MINUTE_MS = 60_000;
export const HOUR_MINUTES = 60;

/**
 * A window is cut at a minute where that minute begins within 7 days before T, otherwise at an hour: by T alone, not by
 * what is still kept, so that the same block gives the same split whenever it is computed.
 */
export const CUT_BY_MINUTE_MINUTES = 7 * 24 * 60;

export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS);
}
