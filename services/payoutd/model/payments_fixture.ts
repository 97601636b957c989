/**
 * Payments of a random history: what the ledger is told, and what the reference makes of the same. Imported by tests
 * only.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Transaction } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import * as world from "./payments_world_fixture.ts";
import type { Balances } from "./reference_fixture.ts";
import { type Choice, type Fault, pick, withFault } from "./world_fixture.ts";

const { THRESHOLD, CONFIRMATIONS } = world;

interface Payout extends world.PlannedPayout {
  state: "awaiting" | "planned" | "sent" | "cancelled";
  /** Height of the block that holds it. */
  height: number | null;
  isConfirmed: boolean;
}

export class Payments {
  readonly #payouts: Payout[] = [];
  readonly #chain: world.ChainLink[] = [];
  #links = 0;

  constructor(readonly tx: Tx, readonly reference: Balances, readonly now: () => number) {}

  async plan({ a, b, fault }: Choice): Promise<void> {
    const choice: world.PlanChoice = {
      feeRate: BigInt(1_000 + a % 20_000),
      feePayer: a % 2 === 0 ? "pool" : "shared",
      awaiting: b % 3 === 0,
      maxOutputs: 1 + b % 4,
      budgetSats: b % 5 === 0 ? 6_000_000_000n : null,
    };
    const made = await withFault(
      this.tx,
      fault,
      () => world.plan(this.tx, choice, this.now()),
    );
    for (const payout of made) {
      for (const { name, gross } of payout.lines) {
        const owed = this.reference.of(`${name} 0`);
        const payable = this.reference.of(`${name} 1`) + (owed < 0n ? owed : 0n);
        assertEquals(
          gross >= THRESHOLD && gross <= payable,
          true,
          `${name} is paid ${gross} of ${payable}`,
        );
        this.reference.move(`${name} 1`, "transit 1", gross);
      }
      const state = payout.awaiting ? "awaiting" : "planned";
      this.#payouts.push({ ...payout, state, height: null, isConfirmed: false });
    }
  }

  async decide({ a, b, fault }: Choice): Promise<void> {
    const payout = pick(
      this.#payouts,
      a,
      ({ state }) => state === "awaiting" || state === "planned",
    );
    if (payout === null) return;
    const { id, lines } = payout;
    if (b % 3 === 0) {
      await withFault(this.tx, fault, () => world.cancel(this.tx, id, this.now()));
      payout.state = "cancelled";
      for (const { name, gross } of lines) this.reference.move("transit 1", `${name} 1`, gross);
      return;
    }
    await withFault(this.tx, fault, () => world.approve(this.tx, id, this.now()));
    await withFault(this.tx, fault, () => world.send(this.tx, id, this.now()));
    payout.state = "sent";
  }

  /** A block of the chain, with payments that wait for one. */
  async connect({ a, fault }: Choice): Promise<void> {
    const link = { n: this.#links++, height: 2_000 + this.#chain.length };
    const transactions: Transaction[] = [];
    const held: Payout[] = [];
    for (const payout of this.#payouts) {
      if (payout.state !== "sent" || payout.height !== null || a % 3 === 0) continue;
      const transaction = await world.minable(this.tx, payout.id);
      if (transaction === null) continue;
      transactions.push(transaction);
      held.push(payout);
    }
    await withFault(
      this.tx,
      fault,
      () => world.connect(this.tx, link, transactions, this.now()),
    );
    this.#chain.push(link);
    for (const payout of held) payout.height = link.height;
    for (const payout of this.#payouts) {
      if (payout.height === null || payout.isConfirmed) continue;
      if (link.height - payout.height + 1 >= CONFIRMATIONS) this.#confirm(payout, true);
    }
  }

  /** A reorganisation takes the last blocks back. */
  async disconnect({ a, fault }: Choice): Promise<void> {
    for (let left = 1 + a % 3; left > 0; left--) await this.#disconnectOne(fault);
  }

  async #disconnectOne(fault: Fault): Promise<void> {
    const link = this.#chain.pop();
    if (link === undefined) return;
    await withFault(this.tx, fault, () => world.disconnect(this.tx, link, this.now()));
    for (const payout of this.#payouts) {
      if (payout.height !== link.height) continue;
      payout.height = null;
      if (payout.isConfirmed) this.#confirm(payout, false);
    }
  }

  #confirm(payout: Payout, isConfirmed: boolean): void {
    const sign = isConfirmed ? 1n : -1n;
    const gross = payout.lines.reduce((sum, line) => sum + line.gross, 0n);
    this.reference.move("transit 1", "wallet 1", sign * gross);
    this.reference.move("network_fee 1", "wallet 1", sign * payout.poolFee);
    payout.isConfirmed = isConfirmed;
  }
}
