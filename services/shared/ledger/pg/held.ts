/**
 * A lock for the time that a connection of its own lives: PostgreSQL's advisory locks of the session.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { HELD_ANSWER_MS, HELD_ASK_MS, KEEPALIVE } from "../limits.ts";
import type { Held } from "../port.ts";
import { connect, type PgAccess } from "./connect.ts";

/** The second number tells these locks from all others whose key is made of a name. */
const TRY = "SELECT pg_try_advisory_lock(hashtextextended($1, 1)) AS held";

const { idleS, everyS, count } = KEEPALIVE;
const OPTIONS =
  `-c tcp_keepalives_idle=${idleS} -c tcp_keepalives_interval=${everyS} -c tcp_keepalives_count=${count}`;

/**
 * Null where another holds it.
 *
 * @throws The server's or the system's error.
 */
export async function holdLock(
  url: string,
  access: PgAccess,
  lock: string,
  clock: Clock,
): Promise<Held | null> {
  const lost = new AbortController();
  const over = new AbortController();
  const lose = (error: Error) => {
    if (!over.signal.aborted) lost.abort(error);
    over.abort();
  };
  const role = access.role === undefined ? "" : ` -c role=${access.role}`;
  const config = { options: `${OPTIONS}${role}`, query_timeout: HELD_ANSWER_MS };
  const client = await connect(url, access, { config, onBroken: lose });
  let held = false;
  try {
    [{ held }] = (await client.query<{ held: boolean }>(TRY, [lock])).rows as [{ held: boolean }];
  } finally {
    if (!held) {
      over.abort();
      await client[Symbol.asyncDispose]();
    }
  }
  if (!held) return null;
  // A connection can be gone without a word: then the server gives the lock to another.
  const asking = (async () => {
    for (;;) {
      await clock.sleep(HELD_ASK_MS, over.signal);
      if (over.signal.aborted) return;
      await client.query("SELECT 1").catch(lose);
    }
  })();
  return {
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      over.abort();
      // With the connection goes the lock.
      await client[Symbol.asyncDispose]();
      await asking;
    },
  };
}
