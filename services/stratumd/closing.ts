/**
 * Sessions that the gateway ends by itself: for what they send, and for who they are.
 *
 * @module
 */
import { reconnectLine } from "@gopool/stratum";
import type { Bans } from "./bans.ts";
import type { Session } from "./session.ts";

const utf8 = new TextDecoder();

type Drop = (session: Session, why: string) => void;

/** One step of the escalation, where one is due. */
export function escalate(
  session: Session,
  nowMs: number,
  { remind, drop }: { readonly remind: (session: Session) => void; readonly drop: Drop },
): void {
  switch (session.conduct.escalation(nowMs)) {
    case "resend":
      remind(session);
      break;
    case "reconnect":
      if (session.agent.obeysReconnect) session.send(utf8.decode(reconnectLine()));
      else drop(session, "sends nothing but invalid shares");
      break;
    case "close":
      drop(session, "sends nothing but invalid shares");
  }
}

/** Those that no longer may be here. Gives how many there were. */
export function closeBanned(
  sessions: ReadonlySet<Session>,
  bans: Pick<Bans, "ofAccount" | "ofAddress">,
  drop: Drop,
): number {
  let closed = 0;
  for (const session of [...sessions]) {
    let ban = bans.ofAddress(session.address);
    for (const { account } of session.workers) ban ??= bans.ofAccount(account);
    if (ban === null) continue;
    drop(session, `banned: ${ban.reason}`);
    closed++;
  }
  return closed;
}
