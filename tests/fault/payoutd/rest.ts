/**
 * Waiting until nothing is left to do: all shares applied, all blocks settled and mature, all that is due paid.
 *
 * @module
 */
import { blockFound, type Bus, lag, shareValid } from "@gopool/bus";
import type { FreshLedger } from "@gopool/ledger/fixture";
import { GROUP } from "@gopool/payoutd/blocks";
import { waitFor } from "@gopool/testing";
import { MATURITY, THRESHOLD_SATS } from "./compose.ts";
import type { Feeder } from "./feeder.ts";

interface Left {
  readonly blocks: bigint;
  readonly payouts: bigint;
  readonly due: bigint;
}

/** @throws What is left, in words, when that takes too long. */
export async function untilAtRest(
  { ask }: Pick<FreshLedger, "ask">,
  bus: Bus,
  feeder: Feeder,
  withinMs = 90_000,
): Promise<void> {
  await feeder.rest();
  feeder.bury(MATURITY + 1);
  let last = "";
  let looks = 0;
  const isDone = async () => {
    const unread = (await lag(bus, blockFound, GROUP)).reduce((sum, { lag }) => sum + lag, 0);
    const ends = await bus.ends(shareValid);
    const positions = await ask<{ next: bigint }>(
      "SELECT next_offset AS next FROM share_position ORDER BY partition",
    );
    const behind = ends.reduce((sum, { next }, at) => sum + next - Number(positions[at]?.next), 0);
    const [left] = await ask<Left & Record<string, unknown>>(
      `SELECT (SELECT count(*) FROM block WHERE state = 'confirmed' OR (state = 'mature' AND scheme IS NULL)) AS blocks,
         (SELECT count(*) FROM payout WHERE state NOT IN ('confirmed', 'cancelled')) AS payouts,
         (SELECT count(*) FROM balance JOIN account a ON a.id = account_id
          WHERE kind = 'miner' AND bucket = 1 AND sats >= $1) AS due`,
      [THRESHOLD_SATS],
    );
    const { blocks, payouts, due } = left!;
    last =
      `${unread} of block.found unread, ${behind} of share.valid, ${blocks} blocks not mature, ` +
      `${payouts} payouts under way, ${due} accounts due`;
    // What is planned needs blocks to be confirmed.
    if (++looks % 20 === 0) feeder.bury(1);
    return unread === 0 && behind === 0 && blocks === 0n && payouts === 0n && due === 0n;
  };
  try {
    await waitFor(isDone, "payoutd to be at rest", { deadlineMs: withinMs });
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${last}`);
  }
}
