/**
 * What a miner has with the pool.
 *
 * @module
 */
import type { GetMinerResponseJson } from "@gopool/proto/api";
import { double, percent, whole } from "../format.ts";
import { misses } from "../missing.ts";
import { Sats } from "./figures.tsx";

/** Nothing where the books do not answer: the part above says so. */
export function Balance({ miner }: { miner: GetMinerResponseJson }) {
  if (misses(miner.freshness, "ledger")) return null;
  const mature = whole(miner.matureSats);
  const threshold = whole(miner.payoutThresholdSats);
  const immature = whole(miner.immatureSats);
  return (
    <div class="next">
      {threshold > 0n && <Threshold mature={mature} threshold={threshold} />}
      <dl class="lines">
        <div>
          <dt>{immature < 0n ? "Owed to the pool" : "Not spendable yet"}</dt>
          <dd>
            <Sats value={immature < 0n ? -immature : immature} />
          </dd>
        </div>
        <div>
          <dt>Paid out so far</dt>
          <dd>
            <Sats value={miner.paidSats} />
          </dd>
        </div>
        <div>
          <dt title="By its part of the work in the window that is paid">Of a block found now</dt>
          <dd>
            <Sats value={miner.estimatedRewardSats} />
            {double(miner.windowShare) > 0 && (
              <span class="note">{` ${percent(double(miner.windowShare))}`}</span>
            )}
          </dd>
        </div>
      </dl>
    </div>
  );
}

/** How near the next payout is. */
function Threshold({ mature, threshold }: { mature: bigint; threshold: bigint }) {
  const part = Math.min(1, Math.max(0, Number(mature) / Number(threshold)));
  return (
    <div class="meter">
      <p>
        <span id="payable">Ready to be paid out</span>
        <strong>
          <Sats value={mature} />
        </strong>
      </p>
      <div
        class="track"
        role="meter"
        aria-labelledby="payable"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(part * 100)}
        aria-valuetext={`${percent(part)} of the least that is paid out`}
      >
        <svg viewBox="0 0 200 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class="filled" width={200 * part} height="8" />
        </svg>
      </div>
      <p class="scale">
        <span>{part < 1 ? "is paid from" : "goes out with the next payout; paid from"}</span>
        <span>
          <Sats value={threshold} />
        </span>
      </p>
    </div>
  );
}
