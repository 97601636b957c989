import { checkSigned, readScript, type TakenPsbt, takePsbt } from "@gopool/chain/psbt";
import { equalBytes } from "@gopool/chain";
import { type SignedPayout, SigningFailed, type UnsignedPayout } from "./port.ts";

/** What another signer gave back, held against the request; how many signatures it lacks, if any. */
export type Taken = SignedPayout | { readonly missing: number };

/**
 * Judges what another signer gave back: a PSBT or a transaction, as bytes or text.
 *
 * @param what How a sentence calls it: "what Bitcoin Core's wallet made".
 * @throws {SigningFailed} It is something else than was asked for, or a signature does not hold.
 */
export function takeSigned(request: UnsignedPayout, given: Uint8Array, what: string): Taken {
  const taken: TakenPsbt = takePsbt(request, given);
  if (taken.kind === "partly") return { missing: taken.missing };
  const check = taken.kind === "bad" ? taken : checkSigned(request, taken.raw);
  if (check.kind === "bad") {
    throw new SigningFailed(`Cannot take ${what} for payout ${request.id}: ${check.why}`);
  }
  return { raw: check.transaction.bytes, txid: check.transaction.txid };
}

/**
 * Whether another signer can be asked to spend coins of this script: one of the pool's, and one whose PSBT tells all
 * that is signed. A PSBT for P2PKH would need the whole transactions that made the coins.
 */
export function signsElsewhere(scripts: readonly Uint8Array[]): (script: Uint8Array) => boolean {
  const usable = scripts.filter((script) => {
    const kind = readScript(script)?.kind;
    return kind === "p2wpkh" || kind === "p2tr";
  });
  return (script) => usable.some((known) => equalBytes(known, script));
}
