/** Balances that a coinbase may have paid already, in a block that nobody has read. */
import { assertEquals } from "@std/assert";
import { blockFound, openBus } from "@gopool/bus";
import { systemClock, systemRandom } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { createBlockTaker, unreadFound } from "../blocks/mod.ts";
import { MATURITY, payoutStand } from "./fixture.ts";
import { listPayouts, previewPayouts } from "./mod.ts";

const WAITS = "1 announced blocks are not read yet: their coinbases may have paid balances";

Deno.test("nothing is planned before block.found is read to its end, and then everything that is due", async () => {
  await using bus = await openBus("memory:", { clock: systemClock });
  await using stand = await payoutStand({ deps: { unreadBlocks: () => unreadFound(bus) } });
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  await bus.publish(blockFound, [{ partition: 0, value: new Uint8Array([1]) }]);
  await stand.step();
  assertEquals((await listPayouts(stand.ledger, 10)).payouts, []);
  assertEquals(stand.detail(), `nothing planned: ${WAITS}`);
  assertEquals(await previewPayouts(stand.deps, stand.signal), { kind: "rested", why: WAITS });

  const stop = new AbortController();
  const taking = createBlockTaker({
    ...stand.deps,
    bus,
    random: systemRandom,
    pool: "gopool",
  }).run(stop.signal);
  await waitFor(async () => await unreadFound(bus) === 0, "the record to be read");
  stop.abort();
  await taking;
  await stand.step();
  assertEquals((await stand.payout(1n)).grossSats, 500_000n);
});

Deno.test("a block announced while the nodes are asked keeps the run from writing", async () => {
  const answers = [0, 1];
  await using stand = await payoutStand({
    deps: { unreadBlocks: () => Promise.resolve(answers.shift() ?? 0) },
  });
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  await stand.step();
  assertEquals((await listPayouts(stand.ledger, 10)).payouts, []);
  await stand.step();
  assertEquals((await stand.payout(1n)).grossSats, 500_000n);
});
