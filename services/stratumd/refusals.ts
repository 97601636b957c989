/**
 * Refused shares of authorised sessions on the topic: listed one by one up to a rate, beyond it as a count that the
 * next listed one carries. Nobody waits for them.
 *
 * @module
 */
import type { OutRecord } from "@gopool/bus";
import { withUnlisted } from "./bytes.ts";
import type { Session } from "./session.ts";

/**
 * Puts a refused share among `records`, or keeps it back to carry the count later.
 *
 * @param encode The share's record, standing for so many further ones.
 */
export function listRefused(
  session: Session,
  nowMs: number,
  records: OutRecord[],
  encode: (unlisted: number) => Uint8Array,
): void {
  const { conduct } = session;
  // Of those kept back before, the last is encoded and the others are a count; from here on all are one count.
  const before = conduct.unlisted + (conduct.held === null ? 0 : 1);
  if (!conduct.mayList(nowMs)) {
    conduct.held = encode(0);
    conduct.unlisted = before;
    return;
  }
  records.push({ key: session.extranonce!.extranonce1, value: encode(before) });
  conduct.held = null;
  conduct.unlisted = 0;
}

/**
 * A flood is over, or the session is: the last refused share goes out and carries the count of the others. Null where
 * none is kept back, or where the rate does not allow it yet.
 */
export function heldBack(session: Session, nowMs: number): OutRecord | null {
  const { conduct } = session;
  if (conduct.held === null || !(session.closed || conduct.mayList(nowMs))) return null;
  const value = withUnlisted(conduct.held, conduct.unlisted);
  conduct.held = null;
  conduct.unlisted = 0;
  return { key: session.extranonce!.extranonce1, value };
}
