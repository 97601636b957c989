/**
 * What becomes of sessions whose extranonce prefix has passed to another gateway: from now on two miners could search
 * the same space, so they get new values, or go.
 *
 * @module
 */
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import { setExtranonceLine } from "@gopool/stratum";
import type { ExtranonceSource } from "./extranonce.ts";
import type { Session } from "./session.ts";
import type { Intake } from "./submit.ts";

const utf8 = new TextDecoder();

export interface Moving {
  readonly extranonces: ExtranonceSource;
  readonly intake: Intake;
  /** Sends the first job under the new value; false where there is none. */
  readonly welcome: (session: Session) => boolean;
  readonly drop: (session: Session) => void;
}

/** Only miners that asked for set_extranonce understand it; to the others a closed connection says the same. */
export async function moveSessions(
  sessions: readonly Session[],
  prefix: number,
  { extranonces, intake, welcome, drop }: Moving,
): Promise<void> {
  for (const session of sessions) {
    const own = session.extranonce?.extranonce1;
    if (own === undefined || (own[0]! << 8 | own[1]!) !== prefix) continue;
    const taken = session.wantsExtranonce && session.vardiff !== null
      ? await extranonces.take(session.sessionId)
      : null;
    if (taken === null || "refused" in taken || session.closed) {
      drop(session);
      continue;
    }
    // Shares in hand were found under the old value.
    intake.flush();
    session.extranonce = taken;
    session.history.forget();
    session.send(utf8.decode(setExtranonceLine(taken.extranonce1, EXTRANONCE2_BYTES)));
    if (!welcome(session)) drop(session);
  }
}
