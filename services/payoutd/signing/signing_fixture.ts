import type { Hash } from "@gopool/chain";
import { type SigningKey, signingKey } from "@gopool/chain/psbt";
import type { UnsignedPayout } from "./port.ts";

/** Bytes that stand out wherever they are printed. */
export const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 0xc0 + i % 32);

export const WPKH: SigningKey = signingKey(SECRET, "p2wpkh");
export const TAPROOT: SigningKey = signingKey(SECRET, "p2tr");

/** Spends one coin of each of these scripts and pays somebody. */
export function payoutOf(scripts: readonly Uint8Array[], id = "payout-7-0"): UnsignedPayout {
  return {
    id,
    inputs: scripts.map((script, i) => ({
      txid: new Uint8Array(32).fill(i + 1) as Hash,
      vout: i,
      sats: 50_000n,
      script,
      sequence: 0xffff_fffd,
    })),
    outputs: [{ script: Uint8Array.fromHex(`0014${"11".repeat(20)}`), sats: 49_000n }],
    lockTime: 0,
  };
}

export const NEVER = new AbortController().signal;
