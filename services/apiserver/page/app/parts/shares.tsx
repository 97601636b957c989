/**
 * Shares by what became of them, and why some did not count, in words.
 *
 * @module
 */
import type { ReasonCountJson, ShareTotalsJson } from "@gopool/proto/api";
import { count, percent, whole } from "../format.ts";
import { Facts } from "./layout.tsx";

export function Shares({ totals }: { totals: ShareTotalsJson | undefined }) {
  const valid = whole(totals?.valid);
  const rejected = whole(totals?.rejected);
  const stale = whole(totals?.stale);
  const all = valid + rejected + stale;
  if (all === 0n) return <p class="empty">No share in the last 24 hours.</p>;
  const part = (shares: bigint) => percent(Number(shares) / Number(all));
  return (
    <>
      <Facts
        rows={[
          { name: "Counted", value: count(valid), note: part(valid) },
          { name: "Too late", value: count(stale), note: part(stale) },
          { name: "Refused", value: count(rejected), note: part(rejected) },
        ]}
      />
      {(totals?.reasons ?? []).length > 0 && (
        <ul class="reasons" aria-label="Why shares did not count">
          {totals!.reasons!.map((one) => (
            <Reason key={one.reason} one={one} part={part(whole(one.shares))} />
          ))}
        </ul>
      )}
    </>
  );
}

/** Under its name what it means and what to do, in the API's own words. */
function Reason({ one, part }: { one: ReasonCountJson; part: string }) {
  const { reason, title, shares, explained } = one;
  return (
    <li>
      <h3>
        <span>{title || reason}</span>
        <span class="right">
          {count(whole(shares))} <span class="muted">{part}</span>
        </span>
      </h3>
      <p class="prose">{explained}</p>
    </li>
  );
}
