/**
 * The race for a lease as a property: several holders at two clients ask, renew and give up in any order and at
 * once, time passes, and the store forgets everything or comes back as it was a while ago. It holds at any
 * speed of the machine, because only what holders may believe is compared.
 *
 * @module
 */
import { assert } from "@std/assert";
import fc from "@gopool/testing/fc";
import { type Bench, fresh } from "./contract_bench.ts";
import type { Lease } from "./port.ts";

const HOLDERS = 3;

type Ask = { readonly kind: "acquire" | "renew" | "release"; readonly holder: number };
type Step =
  | { readonly kind: "asks"; readonly asks: readonly Ask[] }
  | { readonly kind: "pass"; readonly share: number }
  | { readonly kind: "forget" | "keep" | "fall back" };

const ask: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constantFrom("acquire", "acquire", "renew", "renew", "release"),
  holder: fc.nat(HOLDERS - 1),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("asks" as const),
      asks: fc.array(ask, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      share: fc.constantFrom(0.1, 0.3, 0.5, 1.1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("forget", "keep", "fall back") }) },
);

/** What the holders of one name believe. */
class Race {
  readonly name = fresh("race");
  /** The lease each shows at its renewals, and until when it acts on it. */
  readonly leases: (Lease | null)[] = Array(HOLDERS).fill(null);
  readonly untilMs: number[] = Array(HOLDERS).fill(-Infinity);
  readonly holderOf = new Map<number, number>();
  #highest = 0;

  constructor(readonly bench: Bench, readonly ttlMs: number) {}

  async ask({ kind, holder }: Ask): Promise<void> {
    const { state, other, now } = this.bench;
    const client = holder % 2 === 0 ? state : other;
    const lease = this.leases[holder]!;
    const highest = this.#highest;
    if (kind === "acquire") {
      const got = await client.acquire(this.name, `holder-${holder}`, this.ttlMs);
      if (got !== null) {
        assert(got.fence > highest || got.fence === lease?.fence, `${got.fence} after ${highest}`);
        this.granted(holder, got);
      }
    } else if (lease !== null && kind === "renew") {
      const got = await client.renew(lease, this.ttlMs);
      if (got !== null) assert(got.fence === lease.fence, "a renewal keeps its fence");
      if (got !== null) this.granted(holder, got);
      else this.untilMs[holder] = Math.min(this.untilMs[holder]!, now());
    } else if (lease !== null) {
      this.untilMs[holder] = -Infinity;
      this.leases[holder] = null;
      await client.release(lease);
    }
  }

  granted(holder: number, lease: Lease): void {
    const nowMs = this.bench.now();
    for (const [other, untilMs] of this.untilMs.entries()) {
      const leftMs = untilMs - nowMs;
      assert(other === holder || leftMs <= 0, `${holder} has it, and ${other} for ${leftMs} ms`);
    }
    const owner = this.holderOf.get(lease.fence) ?? holder;
    assert(owner === holder, `fence ${lease.fence} was given to ${owner} and ${holder}`);
    this.holderOf.set(lease.fence, holder);
    this.#highest = Math.max(this.#highest, lease.fence);
    this.leases[holder] = lease;
    this.untilMs[holder] = lease.validUntilMs;
  }

  async play(step: Step): Promise<void> {
    const { bench } = this;
    switch (step.kind) {
      case "asks": {
        // One holder asks one thing at a time.
        const asks = new Map(step.asks.map((one) => [one.holder, one]));
        await Promise.all([...asks.values()].map((one) => this.ask(one)));
        return;
      }
      case "pass":
        return await bench.pass(step.share * this.ttlMs);
      case "forget":
        return await bench.forget?.();
      case "keep":
        return await bench.past?.keep();
      case "fall back":
        return await bench.past?.fallBack();
    }
  }
}

/** Declares the property. `ttlMs`: of the leases; on a server short, for it is waited for. */
export function leaseRace(
  adapter: string,
  open: () => Promise<Bench>,
  options: { readonly ttlMs: number; readonly runs: number },
): void {
  Deno.test(`${adapter}: whatever happens, a lease has one holder at a time`, async () => {
    await using bench = await open();
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30, size: "max" }),
      async (steps) => {
        const race = new Race(bench, options.ttlMs);
        for (const one of steps) await race.play(one);
        // And it comes free again: within two times it is somebody's, whatever was lost.
        await bench.pass(1.1 * options.ttlMs);
        await race.ask({ kind: "acquire", holder: 0 });
        await bench.pass(1.1 * options.ttlMs);
        await race.ask({ kind: "acquire", holder: 0 });
        assert(race.leases[0] !== null, "nobody gets it");
      },
    );
    await fc.assert(property, { numRuns: options.runs });
  });
}
