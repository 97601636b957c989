/** Requests that come again: done twice is done once. @module */
import type { Tx } from "@gopool/ledger";
import { type Actor, auditOfRequest, type AuditRow } from "@gopool/ledger/audit";
import { Refused } from "./refused.ts";

/**
 * What was done when this request came before; null where it is new. In a money transaction.
 *
 * @param what All that must be the same for it to be the same request; stands in the row's `after`.
 * @throws {Refused} The caller used this name for another request.
 */
export async function doneBefore(
  tx: Tx,
  actor: Actor,
  what: Readonly<Record<string, string>>,
): Promise<AuditRow | null> {
  const earlier = await auditOfRequest(tx, actor);
  if (earlier === null) return null;
  const isSame = earlier.method === actor.method &&
    Object.entries(what).every(([key, value]) => earlier.after[key] === value);
  if (isSame) return earlier;
  throw new Refused(
    `request_id ${actor.requestId} was used before, for another request (audit ${earlier.id})`,
  );
}
