/** Miners' signed requests, handed in by somebody. @module */
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import {
  applyRequest,
  type ClientRules,
  judge,
  readRequest,
  type RequestVerdict,
  type SignedRequest,
  signerOf,
} from "../clients/mod.ts";
import type { DeskDeps } from "./deps.ts";

/**
 * Judges a request and follows it. Who handed it in is kept beside it: the right to it is the signature's alone.
 *
 * Anybody may send anything here, so only a request that would be followed waits for the money, and holds up who needs
 * it: all others are found out before, the signature in no transaction at all. What the books say is judged once more
 * with the money in hand, since it may have changed.
 *
 * @param actor Its reason is the request's own, whatever is said here.
 */
export async function followRequest(
  { ledger, clock }: DeskDeps,
  request: SignedRequest,
  rules: ClientRules,
  actor: Omit<Actor, "reason">,
): Promise<RequestVerdict> {
  const atMs = clock.now();
  const read = readRequest(request.text, rules);
  if ("kind" in read) return read;
  const sound = await ledger.transaction((tx) => judge(tx, request, rules, atMs), {
    snapshot: true,
  });
  if (sound.kind !== "sound") return sound;
  const signer = signerOf(sound, request, rules);
  if (signer.kind === "refused") return signer;
  return await ledger.transaction(async (tx) => {
    const verdict = await applyRequest(tx, request, rules, atMs, signer);
    if (verdict.kind === "refused" || verdict.again) return verdict;
    const { requestId, before, after, fromMs } = verdict;
    const { account, setting } = read;
    const reason = `signed request ${requestId} of ${account}`;
    const what = { account, setting };
    await noteAudit(tx, { ...actor, reason }, {
      before: { ...what, value: before },
      after: { ...what, value: after, fromMs, requestId },
    }, atMs);
    return verdict;
  }, { money: true });
}
