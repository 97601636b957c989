/** Miners' signed requests, handed in by somebody. @module */
import { type Actor, noteAudit } from "@gopool/ledger/audit";
import { parseRequest } from "@gopool/ledger/clients";
import {
  applyRequest,
  type ClientRules,
  type RequestVerdict,
  type SignedRequest,
} from "../clients/mod.ts";
import type { DeskDeps } from "./deps.ts";

/**
 * Judges a request and follows it. Who handed it in is kept beside it: the right to it is the signature's alone.
 *
 * @param actor Its reason is the request's own, whatever is said here.
 */
export function followRequest(
  { ledger, clock }: DeskDeps,
  request: SignedRequest,
  rules: ClientRules,
  actor: Omit<Actor, "reason">,
): Promise<RequestVerdict> {
  const atMs = clock.now();
  return ledger.transaction(async (tx) => {
    const verdict = await applyRequest(tx, request, rules, atMs);
    if (verdict.kind === "refused" || verdict.again) return verdict;
    const { requestId, before, after, fromMs } = verdict;
    const { account, setting } = parseRequest(request.text)!;
    const reason = `signed request ${requestId} of ${account}`;
    const what = { account, setting };
    await noteAudit(tx, { ...actor, reason }, {
      before: { ...what, value: before },
      after: { ...what, value: after, fromMs, requestId },
    }, atMs);
    return verdict;
  }, { money: true });
}
