/**
 * What becomes of sessions whose extranonce prefix has passed to another gateway: from now on two miners could search
 * the same space, so they get new values, or go.
 *
 * @module
 */
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import type { Clock } from "@gopool/runtime";
import { setExtranonceLine } from "@gopool/stratum";
import type { ExtranonceSource } from "./extranonce.ts";
import { MOVE_MAX_MS, MOVE_RETRY_MS } from "./limits.ts";
import type { Session } from "./session.ts";
import type { Intake } from "./submit.ts";

const utf8 = new TextDecoder();

export interface Moving {
  readonly extranonces: ExtranonceSource;
  readonly intake: Intake;
  readonly clock: Clock;
  /** Sends the first job under the new value; false where there is none. */
  readonly welcome: (session: Session) => boolean;
  readonly drop: (session: Session) => void;
}

/** Only miners that asked for set_extranonce understand it; to the others a closed connection says the same. */
export async function moveSessions(
  sessions: readonly Session[],
  prefix: number,
  moving: Moving,
): Promise<void> {
  const there = sessions.filter(({ extranonce }) =>
    extranonce !== null && (extranonce.extranonce1[0]! << 8 | extranonce.extranonce1[1]!) === prefix
  );
  const mayMove = (session: Session) => session.wantsExtranonce && session.vardiff !== null;
  for (const session of there) if (!mayMove(session)) moving.drop(session);
  const giveUpMs = moving.clock.monotonic() + MOVE_MAX_MS;
  for (const session of there) if (mayMove(session)) await move(session, giveUpMs, moving);
}

async function move(
  session: Session,
  giveUpMs: number,
  { extranonces, intake, clock, welcome, drop }: Moving,
): Promise<void> {
  let taken;
  for (;;) {
    if (session.closed) return;
    taken = await extranonces.take(session.sessionId);
    // The next prefix is leased only now that this one is lost.
    if (!("refused" in taken)) break;
    if (clock.monotonic() >= giveUpMs) return drop(session);
    await clock.sleep(MOVE_RETRY_MS);
  }
  if (session.closed) return taken.giveBack();
  // Shares in hand were found under the old value.
  intake.flush();
  session.extranonce = taken;
  session.history.forget();
  session.resumedAt = null;
  session.send(utf8.decode(setExtranonceLine(taken.extranonce1, EXTRANONCE2_BYTES)));
  if (!welcome(session)) drop(session);
}
