/**
 * Random histories of one account's payout address, held against ten lines that say what must come of them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import fc from "@gopool/testing/fc";
import { payeesBy } from "../payees.ts";
import {
  HOUR_MS,
  type Miner,
  minerOf,
  NOW_MS,
  openBooks,
  requestOf,
  RULES,
  send,
  signedBy,
} from "./client_fixture.ts";

const COLD = [minerOf(241, "p2tr"), minerOf(242)] as const;
const THIEF = minerOf(243);

type Step =
  | { readonly kind: "pay"; readonly to: "own" | 0 | 1 | "thief"; readonly by: Signer }
  | { readonly kind: "cancel"; readonly by: Signer }
  | { readonly kind: "wait"; readonly hours: number };
type Signer = "mining" | 0 | 1 | "thief";

const signers = fc.constantFrom<Signer>("mining", "mining", "mining", 0, 1, "thief");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("pay" as const),
      to: fc.constantFrom("own" as const, 0 as const, 1 as const, "thief" as const),
      by: signers,
    }),
    fc.record({ kind: fc.constant("cancel" as const), by: signers }),
    fc.record({ kind: fc.constant("wait" as const), hours: fc.constantFrom(1, 23, 24, 47, 48) }),
  ),
  { minLength: 1, maxLength: 14 },
);

/** What must be: where it is paid, and what waits to take effect when. */
interface Model {
  paidTo: "own" | 0 | 1 | "thief";
  pending: { readonly to: Model["paidTo"]; readonly at: number } | null;
  now: number;
}

/** @returns Whether the step must be followed. */
function expected(model: Model, step: Step): boolean {
  if (step.kind === "wait") model.now += step.hours * HOUR_MS;
  if (model.pending !== null && model.pending.at <= model.now) {
    model.paidTo = model.pending.to;
    model.pending = null;
  }
  if (step.kind === "pay" && step.by === "mining") {
    model.pending = { to: step.to, at: model.now + RULES.addressDelayMs };
    return true;
  }
  const mayCancel = step.kind === "cancel" && model.pending !== null &&
    (step.by === "mining" || step.by === model.paidTo);
  if (mayCancel) model.pending = null;
  return mayCancel;
}

async function live(ledger: FreshLedger, anna: Miner, history: readonly Step[]): Promise<void> {
  const named = (who: Signer | "own"): Miner =>
    who === "thief" ? THIEF : who === 0 || who === 1 ? COLD[who] : anna;
  const model: Model = { paidTo: "own", pending: null, now: NOW_MS };
  for (const step of history) {
    const wanted = expected(model, step);
    if (step.kind !== "wait") {
      const lifetime = { expiresAtMs: model.now + HOUR_MS };
      const text = step.kind === "cancel"
        ? requestOf(anna, "cancel-payout-address", "pending", lifetime)
        : requestOf(
          anna,
          "payout-address",
          step.to === "own" ? "own" : named(step.to).address,
          lifetime,
        );
      const verdict = await send(ledger, signedBy(named(step.by), text), model.now);
      assertEquals(verdict.kind === "applied", wanted, JSON.stringify({ step, verdict }, texts));
    }
    const payees = await ledger.transaction((tx) =>
      payeesBy("regtest", 1n, 1n, [])(tx, [anna.address], model.now)
    );
    assertEquals(payees.get(anna.address), {
      script: named(model.paidTo).key.script,
      threshold: 1n,
    });
  }
}

function texts(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

Deno.test("whatever is asked for by whom, an account is paid where the rules say", async () => {
  await using ledger = await freshLedger();
  let accounts = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const anna = minerOf(1 + accounts++ % 240, accounts % 2 === 0 ? "p2tr" : "p2wpkh");
      await openBooks(ledger, [anna]);
      await live(ledger, anna, history);
    }),
    { numRuns: 25 },
  );
});
