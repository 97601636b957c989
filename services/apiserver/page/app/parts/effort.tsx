/**
 * Work since the last block, as a meter that passes its mark where luck was bad.
 *
 * @module
 */
import { percent } from "../format.ts";

/** Twice the average fills it: in one of seven blocks it takes longer. */
const FULL = 2;

/** @param value 1 is the work that a block takes on average. */
export function EffortMeter({ value }: { value: number }) {
  const filled = Math.min(FULL, value) / FULL;
  return (
    <div class="meter">
      <p>
        <span id="effort-name">Effort since the last block</span>
        <strong>{percent(value)}</strong>
      </p>
      <div
        class="track"
        role="meter"
        aria-labelledby="effort-name"
        aria-valuemin={0}
        aria-valuemax={FULL * 100}
        aria-valuenow={Math.round(filled * FULL * 100)}
        aria-valuetext={`${percent(value)} of what a block needs on average`}
      >
        <svg viewBox="0 0 200 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class={value > 1 ? "filled over" : "filled"} width={200 * filled} height="8" />
          <path class="mark" d="M100 0v8" />
        </svg>
      </div>
      <p class="scale" aria-hidden="true">
        <span>0</span>
        <span>average</span>
        <span>twice</span>
      </p>
    </div>
  );
}
