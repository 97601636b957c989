/**
 * Whether a transaction's inputs may spend what they spend, as far as the simulated node can tell: what one key signs
 * (P2WPKH, P2TR by its key, P2PKH), and its own coins that anybody may spend. Any other script is refused in so many
 * words, because taking it would be a guess.
 *
 * Stricter than Bitcoin Core in one place: a block is judged by the rules of the mempool (low S, strict encodings), so
 * that what is refused in one is refused in the other.
 *
 * @module
 */
import { decodeTransaction as readForSigning, equalBytes, sha256, toHex } from "@gopool/chain";
import { verifyInput } from "@gopool/chain/psbt";
import type { Coin } from "./coins.ts";
import type { Input, Transaction } from "./decode.ts";
import { OP_TRUE, OWN_BARE, OWN_P2SH, OWN_P2WSH } from "./own_scripts.ts";

/** What an input is refused for, in the words of script/script_error.cpp where it has any. */
export interface ScriptFault {
  readonly input: number;
  readonly reason: string;
}

/**
 * Transactions whose inputs were found good. The wtxid commits to them and to the outpoints, and an outpoint to the
 * amount and script it names: so what was good once is good for ever (Bitcoin Core's script execution cache).
 */
const KNOWN_GOOD_MAX = 50_000;

const FALSE = "Script evaluated without error but finished with a false/empty top stack element";
/** The mempool's name for a signature that does not fit; a block has none but FALSE (NULLFAIL is no consensus rule). */
const NULLFAIL = "Signature must be zero for failed CHECK(MULTI)SIG operation";

/** Judges inputs, each transaction once. */
export class ScriptChecker {
  readonly #good = new Set<string>();

  /**
   * The first fault, or null.
   *
   * @param coins What the inputs spend, one for each, in their order.
   */
  check(tx: Transaction, coins: readonly Coin[]): ScriptFault | null {
    const key = toHex(tx.wtxid);
    if (this.#good.has(key)) return null;
    const signed = lazily(() => readForSigning(tx.raw));
    const spent = coins.map(({ value, script }) => ({ sats: value, script }));
    for (const [input, given] of tx.inputs.entries()) {
      const { script } = coins[input]!;
      const own = ownFault(given, script);
      if (own === "not own") {
        const verdict = verifyInput(signed(), input, spent);
        if (verdict.kind === "valid") continue;
        return verdict.kind === "invalid"
          ? { input, reason: verdict.reason }
          : { input, reason: `the simulated node cannot check such a script: ${verdict.reason}` };
      }
      if (own !== null) return { input, reason: own };
    }
    if (this.#good.size >= KNOWN_GOOD_MAX) {
      const { value: oldest } = this.#good.values().next();
      this.#good.delete(oldest!);
    }
    this.#good.add(key);
    return null;
  }
}

/** What a block is refused for: PR 33183's words, with the fault as block rules name it. */
export function blockReason({ reason }: ScriptFault): string {
  return `block-script-verify-flag-failed (${reason === NULLFAIL ? FALSE : reason})`;
}

export function mempoolReason({ reason }: ScriptFault): string {
  return `mempool-script-verify-flag-failed (${reason})`;
}

const P2WSH_PROGRAM = sha256(OP_TRUE);

/** What an input on one of the node's own scripts is refused for, null where it may spend. */
function ownFault({ script, witness }: Input, spent: Uint8Array): string | null | "not own" {
  if (equalBytes(spent, OWN_P2WSH)) {
    if (script.length > 0) return "Witness requires empty scriptSig";
    const shown = witness.at(-1);
    if (shown === undefined) return "Witness program was passed an empty witness";
    if (!equalBytes(sha256(shown), P2WSH_PROGRAM)) return "Witness program hash mismatch";
    return witness.length === 1 ? null : "Stack size must be exactly one after execution";
  }
  const isP2sh = equalBytes(spent, OWN_P2SH);
  if (!isP2sh && !equalBytes(spent, OWN_BARE)) return "not own";
  if (witness.length > 0) return "Witness provided for non-witness script";
  if (!isP2sh) return script.length === 0 ? null : "Stack size must be exactly one after execution";
  if (script.length === 0) return "Operation not valid with the current stack size";
  return equalBytes(script, P2SH_INPUT) ? null : FALSE;
}

/** Pushes the script whose hash is named. */
const P2SH_INPUT = Uint8Array.of(OP_TRUE.length, ...OP_TRUE);

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
