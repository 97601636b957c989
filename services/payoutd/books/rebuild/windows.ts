/** The windows of blocks over slices computed afresh. @module */
import { CUT_BY_MINUTE_MINUTES, HOUR_MINUTES, type ShareScheme } from "@gopool/ledger/shares";
import { type AccountWork, type Reach, ReachSearch, type Window } from "../../schemes/mod.ts";
import type { Scratch } from "./scratch.ts";

/** The window that a reach comes to. Minutes within 7 days before its end, hours before them. */
export function windowOf(scratch: Scratch, scheme: ShareScheme, reach: Reach): Window {
  const { untilMinute } = reach;
  const byMinute = Math.ceil((untilMinute - CUT_BY_MINUTE_MINUTES) / HOUR_MINUTES) * HOUR_MINUTES;
  const search = new ReachSearch(reach);
  for (const total of scratch.totalsBack(scheme, untilMinute, byMinute)) {
    if (search.add(total)) break;
  }
  return search.window();
}

/** Each account's work in a window. */
export function sumsIn(
  scratch: Scratch,
  scheme: ShareScheme,
  { fromMinute, edgeMinutes, untilMinute }: Window,
): AccountWork[] {
  const sums = new Map<string, { account: string; nbits: number; whole: bigint; edge: bigint }>();
  const take = (part: "whole" | "edge", from: number, until: number) => {
    for (const { account, nbits, work } of scratch.work(scheme, from, until)) {
      const key = `${nbits}/${account}`;
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, sum = { account, nbits, whole: 0n, edge: 0n });
      sum[part] += work;
    }
  };
  take("edge", fromMinute, fromMinute + edgeMinutes);
  take("whole", fromMinute + edgeMinutes, untilMinute);
  return [...sums.values()];
}
