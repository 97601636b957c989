/**
 * Sessions that the gateway ends by itself: for what they send, and for who they are.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "@gopool/runtime";
import { reconnectLine } from "@gopool/stratum";
import type { BanIndex } from "./ban_index.ts";
import { CLOSING_SLICE_MS } from "./limits.ts";
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

/** Sessions between two looks at the clock. */
const LOOKS = 16;

/**
 * Those that no longer may be here. Gives how many there were. Thousands of sessions and hundreds of prefixes take some
 * 100 ms: the gateway's other work has its turn between slices. Who comes meanwhile is not among `sessions`.
 */
export async function closeBanned<S extends Pick<Session, "address" | "workers" | "closed">>(
  sessions: Iterable<S>,
  bans: Pick<BanIndex, "ofAccount" | "ofAddress">,
  { clock, drop }: {
    readonly clock: Pick<Clock, "monotonic">;
    readonly drop: (session: S, why: string) => void;
  },
): Promise<number> {
  let closed = 0;
  let looks = 0;
  let beganMs = clock.monotonic();
  for (const session of [...sessions]) {
    if (++looks % LOOKS === 0 && clock.monotonic() - beganMs >= CLOSING_SLICE_MS) {
      await setImmediate();
      beganMs = clock.monotonic();
    }
    if (session.closed) continue;
    let ban = bans.ofAddress(session.address);
    for (const { account } of session.workers) ban ??= bans.ofAccount(account);
    if (ban === null) continue;
    drop(session, `banned: ${ban.reason}`);
    closed++;
  }
  return closed;
}
