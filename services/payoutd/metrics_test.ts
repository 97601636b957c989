import { assertEquals } from "@std/assert";
import { openSchedule } from "@gopool/ledger/schemes";
import { createMetrics } from "@gopool/runtime";
import { samples } from "@gopool/testing";
import { payoutdMetrics } from "./metrics.ts";
import { METRICS_LOOK_MS } from "./limits.ts";
import { MATURITY, payoutStand } from "./payouts/fixture.ts";

Deno.test("a scrape shows the books: what is owed, payouts by state, what waits and for how long", async () => {
  await using stand = await payoutStand({ settings: { approval: true } });
  const { ledger, clock, board } = stand;
  const metrics = createMetrics();
  let looks = 0;
  payoutdMetrics({
    metrics,
    ledger: {
      transaction: (work, options) => {
        looks++;
        return ledger.transaction(work, options);
      },
    },
    clock,
    board,
    reserveFloor: 1_000n,
  });
  const shown = async (name: string) => {
    await clock.advance(METRICS_LOOK_MS);
    return await samples(metrics, `gopool_payoutd_${name}`);
  };
  await ledger.transaction((tx) =>
    openSchedule(tx, { scheme: "fpps", params: { windowThousandths: 8_000 } }, clock.now())
  );
  await stand.reward({ 1: 500_000n });
  assertEquals(await shown("owed_satoshis"), {
    '{state="immature"}': 500_000,
    '{state="mature"}': 0,
  });
  assertEquals(await shown("reserve_needed"), { "": 1 });
  assertEquals(await shown("fallback"), { "": 0 });
  assertEquals(await shown("reserve_floor_satoshis"), { "": 1_000 });
  assertEquals((await shown("payouts"))['{state="awaiting"}'], 0);

  await stand.mine(MATURITY - 1);
  await stand.step();
  await clock.advance(60_000);
  assertEquals((await shown("payouts"))['{state="awaiting"}'], 1);
  assertEquals((await shown("payout_satoshis"))['{state="awaiting"}'], 500_000);
  const { ['{stage="awaiting"}']: awaiting, ...others } = await shown("payout_oldest_age_seconds");
  assertEquals([awaiting! >= 60, Object.values(others)], [true, [0, 0, 0]]);
  assertEquals(await shown("paused"), { "": 0 });

  board.set("payoutd/shares/3", "down", "a gap");
  board.set("payoutd/shares/3 not counted", "degraded", "two records");
  assertEquals(await shown("partitions_stopped"), { "": 1 });
  looks = 0;
  await metrics.render();
  assertEquals(looks, 0, "a scrape soon after asks nothing");
  assertEquals(await samples(metrics, "gopool_metric_failures_total"), { "": 0 });
});

Deno.test("a ledger that is away leaves its metrics out, and no other", async () => {
  await using stand = await payoutStand();
  const metrics = createMetrics();
  payoutdMetrics({
    metrics,
    ledger: { transaction: () => Promise.reject(new Error("away")) },
    clock: stand.clock,
    board: stand.board,
    reserveFloor: 0n,
  });
  assertEquals(await samples(metrics, "gopool_payoutd_owed_satoshis"), {});
  assertEquals(await samples(metrics, "gopool_payoutd_partitions_stopped"), { "": 0 });
});
