/** What the public is told of miners' money, held against the books. Imported by tests only. @module */
import { assertEquals } from "@std/assert";
import type { Tx } from "@gopool/ledger";
import { accountNamed, earningsByDay, paidTo, paymentsTo } from "@gopool/ledger/views";
import { MINERS } from "./world_fixture.ts";

/** All that a miner ever earned is in its balance or was paid; what is on its way is part of that. */
export async function assertMoneyAddsUp(tx: Tx): Promise<void> {
  for (const address of MINERS) {
    const account = await accountNamed(tx, address);
    if (account === null) continue;
    const days = await earningsByDay(tx, account.id, 0);
    const earned = days.reduce((sum, { sats }) => sum + sats, 0n);
    const { paid, onTheWay } = await paidTo(tx, account.id);
    assertEquals(earned, account.immature + account.mature + paid, address);
    const payouts = await paymentsTo(tx, account.id, { beforeId: null, limit: 10_000 });
    const waiting = payouts.filter(({ state }) => state !== "confirmed" && state !== "cancelled");
    assertEquals(onTheWay, waiting.reduce((sum, { grossSats }) => sum + grossSats, 0n));
    assertEquals(onTheWay <= paid, true);
  }
}
