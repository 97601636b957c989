/**
 * Random histories, and what each of their steps does: to the ledger's own rules, and to the reference. Imported by tests
 * only.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { SchemeName, Tx } from "@gopool/ledger";
import fc from "@gopool/testing/fc";
import { unitWork } from "@gopool/ledger/rewards";
import { Balances, lastParts, type Part, splitAmong } from "./reference_fixture.ts";
import { Payments } from "./payments_fixture.ts";
import * as world from "./world_fixture.ts";
import { type Choice, pick } from "./world_fixture.ts";

const { MINUTE, MINERS, SUBSIDY, FEE, DONATION } = world;

/** W(nbits) is 8 and 16: of both, sixteenths of a block are whole. */
const BITS = [0x201f_ffff, 0x200f_ffff] as const;
export const sixteenths = (nbits: number, work: bigint) => work * 16n / unitWork(nbits);
export const WINDOW = 16n * BigInt(world.WINDOW_THOUSANDTHS) / 1_000n;
const SCHEMES: readonly SchemeName[] = ["pplns", "pps", "prop", "solo"];

export interface Step extends Choice {
  readonly what: keyof typeof STEPS;
}

interface Block extends world.ModelBlock {
  readonly minute: number;
  onChain: boolean;
  isMature: boolean;
  /** What it gave to whom; null until it is settled. */
  credits: ReadonlyMap<string, bigint> | null;
}

/** A history as it goes on: what the ledger is told, and what the reference makes of the same. */
export class History {
  readonly reference = new Balances();
  readonly #done: (Part & { scheme: SchemeName })[] = [];
  readonly #schemes: [fromMinute: number, scheme: SchemeName][] = [[0, "pplns"]];
  readonly #blocks: Block[] = [];
  readonly #carries = new Map<string, bigint>();
  #minute = MINUTE;
  #paidBefore = 0;
  #count = 0;

  readonly payments: Payments;

  constructor(readonly tx: Tx) {
    this.payments = new Payments(tx, this.reference, () => this.#nowMs);
  }

  get #nowMs(): number {
    return this.#minute * 60_000 + 30_000;
  }

  #schemeAt(minute: number): SchemeName {
    return this.#schemes.findLast(([from]) => from <= minute)![1];
  }

  async step({ what, ...choice }: Step): Promise<void> {
    await STEPS[what](this, choice);
  }

  /** Both tell the same of everybody. */
  async check(): Promise<void> {
    const wanted = [...this.reference.sums].filter(([, sats]) => sats !== 0n).sort();
    assertEquals([...await world.balancesIn(this.tx)].sort(), wanted);
  }

  wait({ a }: Choice): void {
    this.#minute += 1 + a % 4;
  }

  async share({ a, b, work, fault }: Choice): Promise<void> {
    const [account, nbits] = [MINERS[a % MINERS.length]!, BITS[b % BITS.length]!];
    const [minute, offset] = [this.#minute, this.#count++];
    const scheme = this.#schemeAt(minute);
    // No share counts more than one block under PPS.
    const share = { account, scheme, nbits, work: work % unitWork(nbits) + 1n };
    await world.withFault(this.tx, fault, () => world.applyShare(this.tx, offset, minute, share));
    this.#done.push({ account, minute, scheme, parts: sixteenths(nbits, share.work) });
  }

  async scheme({ a, fault }: Choice): Promise<void> {
    const scheme = SCHEMES[a % SCHEMES.length]!;
    await world.withFault(this.tx, fault, () => world.changeScheme(this.tx, scheme, this.#nowMs));
    this.#schemes.push([this.#minute + 1, scheme]);
  }

  async payMinutes({ fault }: Choice): Promise<void> {
    const minute = this.#minute;
    await world.withFault(this.tx, fault, () => world.payMinutes(this.tx, minute, this.#nowMs));
    for (; this.#paidBefore < minute; this.#paidBefore++) this.#payMinute(this.#paidBefore);
  }

  /** An operator gives the reserve something, or takes out of it what it has. */
  async moveReserve({ a, work, fault }: Choice): Promise<void> {
    const sats = a % 3 === 0 ? -work : work * 1_000n;
    // The same again is another of its kind: it can only be lost.
    const once = fault === "unnoticed" ? "none" : fault;
    const why = await world.withFault(
      this.tx,
      once,
      () => world.moveReserve(this.tx, sats, this.#nowMs),
    );
    const hasEnough = sats !== 0n && (sats > 0n || this.reference.of("reserve 1") + sats >= 0n);
    assertEquals(why === null, hasEnough);
    if (why === null) this.reference.move("operator 1", "reserve 1", sats);
  }

  /** Reference: sixteenths of the subsidy, less the rates, in parts of 2^-64 satoshi; fractions are carried. */
  #payMinute(minute: number): void {
    if (minute < MINUTE) return;
    const earned = new Map<string, bigint>();
    for (
      const { account, parts } of this.#done.filter((one) =>
        one.minute === minute && one.scheme === "pps"
      )
    ) {
      earned.set(account, (earned.get(account) ?? 0n) + parts);
    }
    const all = [...earned.values()].reduce((sum, parts) => sum + parts, 0n);
    const [fee, donation] = [10_000n - BigInt(FEE), BigInt(DONATION)];
    const pay = (name: string, parts: bigint, rate: bigint) => {
      const sum = (this.#carries.get(name) ?? 0n) +
        (parts * SUBSIDY * fee * rate << 64n) / 1_600_000_000n;
      this.reference.move("reserve 1", `${name} 1`, sum >> 64n);
      this.#carries.set(name, sum % (1n << 64n));
    };
    for (const [account, parts] of earned) pay(account, parts, 10_000n - donation);
    pay("donation", all, donation);
  }

  async find({ a, b, work, fault }: Choice): Promise<void> {
    const n = this.#count++;
    const finder = a % 5 === 0 ? null : MINERS[a % MINERS.length]!;
    const value = SUBSIDY + work;
    const block: Block = {
      n,
      minute: this.#minute,
      foundAtMs: this.#minute * 60_000 + n,
      value,
      paid: finder !== null && b % 4 === 0 ? value - value / 100n : 0n,
      finder,
      nbits: BITS[b % BITS.length]!,
      onChain: false,
      isMature: false,
      credits: null,
    };
    await world.withFault(this.tx, fault, () => world.take(this.tx, block));
    this.#blocks.push(block);
    if (b % 8 !== 7) await this.confirm({ a: this.#blocks.length - 1, b, work, fault });
  }

  async confirm({ a, fault }: Choice): Promise<void> {
    const block = pick(this.#blocks, a, ({ onChain }) => !onChain);
    if (block === null) return;
    await world.withFault(this.tx, fault, () => world.confirm(this.tx, block, this.#nowMs));
    block.onChain = true;
    this.#book(block, 1n);
  }

  async settle({ a, fault }: Choice): Promise<void> {
    const block = pick(this.#blocks, a, ({ onChain, credits }) => onChain && credits === null);
    if (block === null) return;
    await world.withFault(this.tx, fault, () => world.settle(this.tx, block, this.#nowMs));
    block.credits = this.#creditsOf(block);
    this.#book(block, 1n);
  }

  #creditsOf({ minute, foundAtMs, value, paid, finder }: Block): Map<string, bigint> {
    // What its coinbase paid is nobody's claim any more; what it left is the fee.
    if (paid > 0n) return new Map([["fee", value - paid]]);
    const scheme = this.#schemeAt(minute);
    if (scheme === "pps") return new Map([["reserve", value]]);
    const before = this.#blocks.filter((one) =>
      one.onChain && one.paid === 0n && one.foundAtMs < foundAtMs
    )
      .map((one) => one.minute);
    const since = scheme === "prop" ? Math.max(0, ...before) : 0;
    const done = this.#done.filter((one) => one.scheme === scheme && one.minute >= since);
    const weights = scheme === "solo"
      ? new Map<string, bigint>()
      : lastParts(done, minute, scheme === "pplns" ? WINDOW : null);
    if (weights.size === 0 && finder === null) return new Map([["unclaimed", value]]);
    if (weights.size === 0) weights.set(finder!, 1n);
    return splitAmong(value, weights, BigInt(FEE), BigInt(DONATION));
  }

  #book({ credits, isMature }: Block, sign: bigint): void {
    for (const [name, sats] of credits ?? []) {
      if (isMature) this.reference.move("wallet 1", `${name} 1`, sign * sats);
      else this.reference.move("rewards 0", `${name} 0`, sign * sats);
    }
  }

  async mature({ a, fault }: Choice): Promise<void> {
    const block = pick(this.#blocks, a, ({ onChain, isMature }) => onChain && !isMature);
    if (block === null) return;
    await world.withFault(this.tx, fault, () => world.mature(this.tx, block, this.#nowMs));
    this.#book(block, -1n);
    block.isMature = true;
    this.#book(block, 1n);
  }

  async orphan({ a, fault }: Choice): Promise<void> {
    const block = pick(this.#blocks, a, ({ onChain }) => onChain);
    if (block === null || await world.isSpentInChain(this.tx, block)) return;
    await world.withFault(this.tx, fault, () => world.orphan(this.tx, block, this.#nowMs));
    this.#book(block, -1n);
    block.onChain = block.isMature = false;
  }
}

/** What may happen, and how often in proportion. */
const STEPS = {
  wait: (history, choice) => history.wait(choice),
  share: (history, choice) => history.share(choice),
  scheme: (history, choice) => history.scheme(choice),
  payMinutes: (history, choice) => history.payMinutes(choice),
  moveReserve: (history, choice) => history.moveReserve(choice),
  find: (history, choice) => history.find(choice),
  confirm: (history, choice) => history.confirm(choice),
  settle: (history, choice) => history.settle(choice),
  mature: (history, choice) => history.mature(choice),
  orphan: (history, choice) => history.orphan(choice),
  plan: (history, choice) => history.payments.plan(choice),
  decide: (history, choice) => history.payments.decide(choice),
  connect: (history, choice) => history.payments.connect(choice),
  disconnect: (history, choice) => history.payments.disconnect(choice),
} satisfies Record<string, (history: History, choice: Choice) => void | Promise<void>>;

const WEIGHTS: Partial<Record<keyof typeof STEPS, number>> = {
  share: 8,
  wait: 4,
  payMinutes: 2,
  find: 4,
  settle: 6,
  mature: 6,
  plan: 4,
  decide: 5,
  connect: 8,
  disconnect: 2,
};

export const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    ...(Object.keys(STEPS) as (keyof typeof STEPS)[]).map((what) => ({
      arbitrary: fc.constant(what),
      weight: WEIGHTS[what] ?? 1,
    })),
  ),
  a: fc.nat(),
  b: fc.nat(),
  work: fc.bigInt(0n, 1_000_000n),
  fault: fc.constantFrom("none", "none", "none", "lost", "unnoticed"),
});
