/**
 * Following the signed requests of miners. payoutd judges each by itself: whoever carries it here is not trusted.
 *
 * @module
 */
import { canonicalAddress } from "@gopool/chain";
import { verifyMessage } from "@gopool/chain/messages";
import type { Tx } from "@gopool/ledger";
import {
  type AcceptedRequest,
  addRequest,
  cancelPending,
  type Client,
  clientOf,
  type ClientRequest,
  parseRequest,
  requestOfNonce,
  requestsSince,
  setNotify,
  setPayoutScript,
  setThreshold,
} from "@gopool/ledger/clients";
import { feesAt, setFees } from "@gopool/ledger/schemes";
import { DAY_MS, REQUEST_LIFE_MAX_MS, REQUESTS_PER_DAY_MAX } from "./limits.ts";
import { type ClientRules, refused, type RequestVerdict } from "./rules.ts";
import { type Choice, choiceOf } from "./value.ts";

/** A request as it was sent: the line, and its signature in base64. */
export interface SignedRequest {
  readonly text: string;
  readonly signature: string;
}

/** A request that nothing is wrong with but perhaps its signature, which is the dearest to check. */
export interface Sound {
  readonly kind: "sound";
  readonly request: ClientRequest;
  readonly choice: Choice;
  readonly client: Client;
}

/** Whose signature a request has been found to carry. */
export interface Signer {
  readonly kind: "signed";
  readonly by: string;
}

type Refused = RequestVerdict & { readonly kind: "refused" };

/**
 * Judges a request and follows it. Sent again it is answered as the first time, and nothing is done.
 *
 * In a money transaction, before anything else in it.
 *
 * @param signer What `signerOf` gave for this very request before; null: its signature is verified here.
 */
export async function applyRequest(
  tx: Tx,
  signed: SignedRequest,
  rules: ClientRules,
  nowMs: number,
  signer: Signer | null = null,
): Promise<RequestVerdict> {
  const sound = await judge(tx, signed, rules, nowMs);
  if (sound.kind !== "sound") return sound;
  // Who may sign a cancellation may have changed since the signature was looked at.
  const known = signer !== null && signersOf(sound, rules).includes(signer.by) ? signer : null;
  const found = known ?? signerOf(sound, signed, rules);
  if (found.kind === "refused") return found;
  return await follow(tx, { ...sound, ...signed, signedBy: found.by }, rules, nowMs);
}

/** The request that a line is, where it is one for this pool. Asks nobody. */
export function readRequest(text: string, rules: ClientRules): ClientRequest | Refused {
  const request = parseRequest(text);
  if (request === null) {
    return refused(
      "malformed",
      "This is no request that can be read: sign the line as it was shown",
    );
  }
  const { pool, network } = request;
  if (pool !== rules.pool || network !== rules.network) {
    return refused(
      "other-pool",
      `This request is for pool ${pool} on ${network}, not for ${rules.pool} on ${rules.network}`,
    );
  }
  return request;
}

/** Everything but the signature. Only reads. */
export async function judge(
  tx: Tx,
  { text }: SignedRequest,
  rules: ClientRules,
  nowMs: number,
): Promise<Sound | RequestVerdict> {
  const request = readRequest(text, rules);
  if ("kind" in request) return request;
  const { account: address, setting, value, nonce, expiresAtMs } = request;
  const client = await clientOf(tx, address, nowMs);
  if (client === null) {
    return refused("unknown-account", `Nobody has mined here as ${address}`);
  }
  const earlier = await requestOfNonce(tx, client.account, nonce);
  if (earlier !== null) return answered(earlier, text);
  if (expiresAtMs <= nowMs) return refused("expired", "This request has expired");
  if (expiresAtMs > nowMs + REQUEST_LIFE_MAX_MS) {
    return refused("too-far", "A request may not be valid for longer than 7 days");
  }
  if (await requestsSince(tx, client.account, nowMs - DAY_MS) >= REQUESTS_PER_DAY_MAX) {
    return refused("too-many", `An account may ask ${REQUESTS_PER_DAY_MAX} times in 24 hours`);
  }
  const choice = choiceOf(setting, value, rules);
  if (typeof choice === "string") return refused("bad-value", choice);
  if (setting === "cancel-payout-address" && client.pending === null) {
    return refused("nothing-pending", "There is no change of the payout address to cancel");
  }
  return { kind: "sound", request, choice, client };
}

/** The same line again is the same request, whatever its signature; another line needs another nonce. */
function answered(earlier: AcceptedRequest, text: string): RequestVerdict {
  if (earlier.body !== text) {
    return refused("nonce-used", "Another request with this nonce was followed before");
  }
  const { id: requestId, before, after, fromMs } = earlier;
  return { kind: "applied", requestId, before, after, fromMs, again: true };
}

/**
 * Whose signature may be on it. A cancellation may also be signed by the payout address in force: who has stolen the
 * mining key cannot hold its owner to a change.
 */
function signersOf({ request, client }: Sound, { network }: ClientRules): string[] {
  const { account, setting } = request;
  const signers = [account];
  if (setting === "cancel-payout-address" && client.script !== null) {
    signers.push(canonicalAddress(client.script, network)!);
  }
  return signers;
}

/** Whose signature it is. Pure, and takes a millisecond or so: nothing that others wait for is held meanwhile. */
export function signerOf(
  sound: Sound,
  { text, signature }: SignedRequest,
  rules: ClientRules,
): Signer | Refused {
  const whys: string[] = [];
  for (const address of signersOf(sound, rules)) {
    const verdict = verifyMessage({ address, message: text, signature }, rules.network);
    if (verdict.kind === "valid") return { kind: "signed", by: address };
    whys.push(`the signature ${verdict.why}`);
  }
  const { account } = sound.request;
  return refused("bad-signature", `This request is not signed by ${account}: ${whys[0]}`);
}

interface Judged extends Omit<Sound, "kind">, SignedRequest {
  readonly signedBy: string;
}

async function follow(
  tx: Tx,
  judged: Judged,
  rules: ClientRules,
  nowMs: number,
): Promise<RequestVerdict> {
  const { request, choice, client, text, signature, signedBy } = judged;
  const { account } = client;
  const before = await beforeOf(tx, judged, rules, nowMs);
  let fromMs = choice.setting === "payout-address" ? nowMs + rules.addressDelayMs : nowMs;
  if (choice.setting === "donation") {
    const by = { operator: request.account, reason: `signed request ${request.nonce}`, nowMs };
    const change = { account, donationBasisPoints: choice.basisPoints, fromMs: null };
    const decision = await setFees(tx, change, by);
    if (decision.kind === "refused") return refused("bad-value", decision.why);
    fromMs = decision.fromMs;
  }
  const { nonce, setting } = request;
  const { after } = choice;
  const requestId = await addRequest(tx, {
    account,
    nonce,
    setting,
    body: text,
    signature,
    signedBy,
    before,
    after,
    fromMs,
    atMs: nowMs,
  });
  if (choice.setting === "payout-address") {
    await setPayoutScript(tx, account, { requestId, script: choice.script, fromMs, nowMs });
  } else if (choice.setting === "cancel-payout-address") {
    await cancelPending(tx, account, requestId, nowMs);
  } else if (choice.setting === "threshold") {
    await setThreshold(tx, account, choice.sats);
  } else if (choice.setting === "notify") {
    await setNotify(tx, account, choice.place);
  }
  return { kind: "applied", requestId, before, after, fromMs, again: false };
}

/** What was there before, as people read it. */
async function beforeOf(
  tx: Tx,
  { request, choice, client }: Judged,
  { network }: ClientRules,
  nowMs: number,
): Promise<string> {
  const named = (script: Uint8Array | null) =>
    script === null ? "own" : canonicalAddress(script, network)!;
  switch (choice.setting) {
    case "payout-address":
      return named(client.script);
    case "cancel-payout-address":
      return named(client.pending!.script);
    case "threshold":
      return String(client.thresholdSats ?? "default");
    case "notify":
      return client.notify ?? "off";
    case "donation": {
      const { own } = await feesAt(tx, nowMs);
      return String(own.get(request.account)?.donationBasisPoints ?? "default");
    }
  }
}
