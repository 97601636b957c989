/**
 * Speeds: the large one that lives, and those over the API's windows.
 *
 * @module
 */
import type { FreshnessJson, HashrateJson } from "@gopool/proto/api";
import { nowMs } from "../clock.ts";
import { counted, double, type JsonDouble, speed, whole } from "../format.ts";
import { SILENT_MS } from "../live.ts";
import { span } from "../times.ts";
import { WINDOW_SECONDS, WINDOWS } from "../windows.ts";
import { Ago, Speed } from "./figures.tsx";
import { Facts } from "./layout.tsx";

/** The one figure that a page is opened for. */
export function Hero({ label, value, error, toldAtMs, open, quiet = false }: {
  label: string;
  value: JsonDouble | null;
  error?: JsonDouble;
  /** When it was told; 0 where it is not from the stream. */
  toldAtMs: number;
  open: boolean;
  /** Nothing is told while no share comes. */
  quiet?: boolean;
}) {
  const agoMs = nowMs.value - toldAtMs;
  const living = open && toldAtMs > 0 && agoMs < SILENT_MS;
  const shown = value === null
    ? null
    : speed(double(value), error === undefined ? null : double(error));
  return (
    <div class="hero">
      <h1>{label}</h1>
      <p class="large">
        {shown === null ? <span class="muted">–</span> : (
          <>
            <span class="number" data-live={living ? "yes" : "no"}>{shown.figure}</span>
            <span class="beside">
              <span class="unit">{shown.unit}</span>
              {shown.error !== null && <span class="error">± {shown.error}</span>}
            </span>
          </>
        )}
      </p>
      <p class="told">
        <i class={living ? "dot living" : "dot"} aria-hidden="true" />
        {toldText({ living, agoMs, open, quiet, told: toldAtMs > 0 })}
      </p>
    </div>
  );
}

function toldText({ living, agoMs, open, quiet, told }: {
  living: boolean;
  agoMs: number;
  open: boolean;
  quiet: boolean;
  told: boolean;
}): string {
  if (living) return "Live: mean of the last ten minutes";
  if (quiet && open) return told ? `No share for ${span(agoMs / 1000)}` : "Waiting for a share";
  if (told) return `Last told ${span(Math.max(1, agoMs / 1000))} ago; looking for the pool`;
  return "Waiting for live figures";
}

/** Each window's speed with its error. */
export function Windows({ hashrates, known: isKnown }: {
  hashrates: readonly HashrateJson[] | undefined;
  /** False: the store of statistics is away. */
  known: boolean;
}) {
  if (!isKnown) return <p class="empty">Not known now.</p>;
  const known = (hashrates ?? []).filter(({ window, measuredSeconds }) =>
    window !== undefined && WINDOW_SECONDS[window] > 0 && double(measuredSeconds) > 0
  );
  // A longer window than there is to look back on says nothing that the one before it did not.
  const told = known.filter(({ measuredSeconds }, at) =>
    double(measuredSeconds) > double(known[at - 1]?.measuredSeconds)
  );
  if (told.length === 0) return <p class="empty">The first minute is still being counted.</p>;
  return (
    <Facts
      rows={told.map((one) => ({
        name: WINDOWS[one.window!],
        value: <Speed value={one.hashesPerSecond} error={one.standardError} />,
        note: restsOn(one),
      }))}
    />
  );
}

/** Below the heading of {@link Windows}. */
export function WindowsNote({ freshness }: { freshness: FreshnessJson | undefined }) {
  return (
    <>
      Over longer windows chance evens out, and the error shrinks.
      {freshness?.countedUntil && (
        <>
          {" "}
          Counted until <Ago at={freshness.countedUntil} />.
        </>
      )}
    </>
  );
}

function restsOn({ shares, measuredSeconds, window }: HashrateJson): string {
  const measured = double(measuredSeconds);
  const text = counted(whole(shares), "share");
  // A pool younger than the window has measured less: said, or the figure would look wrong.
  return measured > 0 && measured < 0.95 * WINDOW_SECONDS[window!]
    ? `${text} in ${span(measured)}`
    : text;
}
