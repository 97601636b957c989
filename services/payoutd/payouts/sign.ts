/**
 * The signing step: each attempt without a signature is shown to the signer, and what comes back is held against what
 * was asked before it is stored. Nothing is sent here.
 *
 * @module
 */
import { checkSigned } from "@gopool/chain/psbt";
import { handAttempt, type Payout, payoutOf, payoutsIn, storeSigned } from "@gopool/ledger/payouts";
import { SigningFailed } from "../signing/port.ts";
import type { PayoutsDeps } from "./deps.ts";
import { requestOf } from "./request.ts";

export type SignResult =
  | { readonly kind: "signed" | "waiting"; readonly id: bigint; readonly attempt: number }
  | {
    readonly kind: "failed";
    readonly id: bigint;
    readonly attempt: number;
    readonly why: string;
  };

/**
 * Tries to have every attempt signed that is to be. One that fails does not hold up the others.
 *
 * @throws {LedgerUnavailable} What was signed so far is stored; an attempt that was signed and not stored is signed again.
 */
export async function signPayouts(
  deps: Pick<PayoutsDeps, "ledger" | "signer" | "clock">,
  signal: AbortSignal,
): Promise<SignResult[]> {
  const { ledger, signer } = deps;
  if (signer === null) return [];
  const results: SignResult[] = [];
  const ids = await ledger.transaction((tx) => payoutsIn(tx, ["planned", "signed", "broadcast"]), {
    snapshot: true,
  });
  for (const id of ids) {
    signal.throwIfAborted();
    const payout = await ledger.transaction((tx) => payoutOf(tx, id), { snapshot: true });
    const result = payout === null ? null : await signLatest(deps, payout, signal);
    if (result !== null) results.push(result);
  }
  return results;
}

async function signLatest(
  { ledger, signer, clock }: Pick<PayoutsDeps, "ledger" | "signer" | "clock">,
  payout: Payout,
  signal: AbortSignal,
): Promise<SignResult | null> {
  const { id } = payout;
  const latest = payout.attempts.at(-1)!;
  const { attempt } = latest;
  // A replacement is not needed any more once a block holds another attempt.
  if (latest.txid !== null || payout.attempts.some(({ block }) => block !== null)) return null;
  const request = requestOf(payout, latest);
  const mayBeShown = await ledger.transaction((tx) => handAttempt(tx, id, attempt, clock.now()), {
    money: true,
  });
  if (!mayBeShown) return null;
  const fail = (why: string): SignResult => ({ kind: "failed", id, attempt, why });
  let signed;
  try {
    signed = await signer!.sign(request, signal);
  } catch (error) {
    if (error instanceof SigningFailed) return fail(error.message);
    throw error;
  }
  if (signed === "waiting") return { kind: "waiting", id, attempt };
  const check = checkSigned(request, signed.raw);
  if (check.kind === "bad") {
    return fail(`${signer!.name} gave back another transaction: ${check.why}`);
  }
  const { txid } = check.transaction;
  // The txid is that of what was checked, whatever the signer says.
  const { raw } = signed;
  await ledger.transaction((tx) => storeSigned(tx, id, attempt, { txid, raw }, clock.now()), {
    money: true,
  });
  return { kind: "signed", id, attempt };
}
