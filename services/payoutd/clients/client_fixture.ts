import { canonicalAddress } from "@gopool/chain";
import { type SigningKey, signingKey } from "@gopool/chain/psbt";
import { signMessage } from "@gopool/chain/messages/fixture";
import { accountsOf, type Ledger } from "@gopool/ledger";
import { type ClientRequest, type ClientSetting, requestText } from "@gopool/ledger/clients";
import { openFees } from "@gopool/ledger/schemes";
import { applyRequest, type SignedRequest } from "./apply.ts";
import type { ClientRules } from "./rules.ts";

export const HOUR_MS = 3_600_000;
/** A whole minute. */
export const NOW_MS = 29_000_000 * 60_000;

/** Keys of miners, told apart by a number. */
export function minerOf(number: number, kind: SigningKey["kind"] = "p2wpkh") {
  const key = signingKey(new Uint8Array(32).fill(number), kind);
  return { key, address: canonicalAddress(key.script, "regtest")! };
}
export type Miner = ReturnType<typeof minerOf>;

export const POOL = minerOf(200, "p2tr");

/** From which balance on those are paid who have chosen nothing. */
export const THRESHOLD_SATS = 500_000n;

export const RULES: ClientRules = {
  pool: "gopool",
  network: "regtest",
  addressDelayMs: 48 * HOUR_MS,
  leastThresholdSats: 10_000n,
  poolScripts: [POOL.key.script],
};

let nonces = 0;

/** A request of this miner, with a nonce of its own and an hour to live, unless `change` says otherwise. */
export function requestOf(
  miner: Miner,
  setting: ClientSetting,
  value: string,
  change: Partial<ClientRequest> = {},
): string {
  return requestText({
    pool: "gopool",
    network: "regtest",
    account: miner.address,
    setting,
    value,
    nonce: (++nonces).toString(16).padStart(16, "0"),
    expiresAtMs: NOW_MS + HOUR_MS,
    ...change,
  });
}

/** The same, signed by its owner or by somebody else. */
export function signedBy(signer: Miner, text: string): SignedRequest {
  return { text, signature: signMessage(signer.key, text) };
}

/** Books that know these miners and have fees. */
export async function openBooks(ledger: Ledger, miners: readonly Miner[]): Promise<void> {
  await ledger.transaction(async (tx) => {
    await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, NOW_MS);
    await accountsOf(tx, miners.map(({ address }) => address));
  }, { money: true });
}

export function send(
  ledger: Ledger,
  request: SignedRequest,
  nowMs: number = NOW_MS,
  rules: ClientRules = RULES,
) {
  return ledger.transaction((tx) => applyRequest(tx, request, rules, nowMs), { money: true });
}
