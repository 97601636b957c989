/** Up to where shares are counted, and from when. @module */
import type { PublicDeps } from "./deps.ts";
import { COUNTED_OLD_MS } from "./limits.ts";
import type { Parts } from "./parts.ts";
import { type Counted, wholeMinute } from "./windows.ts";

/**
 * Windows end where statsd says that every minute before is whole; where it has said nothing yet, at the last whole
 * minute. A statsd that is away leaves figures standing as they were, rather than have them fall, and after a while the
 * answer is called stale.
 *
 * @param parts Of the answer; absent where it cannot say so.
 * @throws {SeriesUnavailable}
 */
export async function countedOf(
  { series, live, clock }: PublicDeps,
  parts?: Parts,
): Promise<Counted> {
  const untilMs = countedUntil({ live, clock });
  if (clock.now() - untilMs > COUNTED_OLD_MS) parts?.old();
  const firstMs = await series.firstMinute();
  return { untilMs, firstMs: Math.min(firstMs ?? untilMs, untilMs) };
}

function countedUntil({ live, clock }: Pick<PublicDeps, "live" | "clock">): number {
  const settledMs = wholeMinute(Number(live.latest()?.settledUntilMs ?? 0n));
  return settledMs > 0 ? settledMs : wholeMinute(clock.now());
}
