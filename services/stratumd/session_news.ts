/**
 * News of sessions as watchers are shown them.
 *
 * @module
 */
import type { MessageInitShape, WatchSessionsResponseSchema } from "@gopool/proto/control";
import type { Clock } from "@gopool/runtime";
import { CAUSES, type SessionViews } from "./session_view.ts";
import { SessionWatch } from "./session_watch.ts";

export type SessionNewsShown = MessageInitShape<typeof WatchSessionsResponseSchema>;

export function createSessionWatch(
  views: SessionViews,
  clock: Pick<Clock, "now">,
): SessionWatch<SessionNewsShown> {
  const news = (one: SessionNewsShown["news"]): SessionNewsShown => ({
    atMs: BigInt(clock.now()),
    news: one,
  });
  return new SessionWatch<SessionNewsShown>({
    began: (session) => news({ case: "began", value: views.summary(session) }),
    ended: (session, why) =>
      news({ case: "ended", value: { session: views.summary(session), why } }),
    retargeted: (session, before, { difficulty, cause }) =>
      news({
        case: "retargeted",
        value: {
          id: session.publicId,
          before,
          difficulty,
          cause: CAUSES[cause],
          account: session.firstWorker?.account ?? "",
          worker: session.firstWorker?.worker ?? "",
        },
      }),
    missed: (count) => news({ case: "missed", value: { count } }),
  });
}
