/**
 * A gateway's control plane for its tests: the kit's own server, a client of it, and what was recorded.
 *
 * @module
 */
import {
  type Client,
  Code,
  ConnectError,
  controlClient,
  createAccess,
  type RecordedCall,
  serveControl,
} from "@gopool/control";
import { Role, SessionService, type WatchSessionsResponse } from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import type { Rig } from "./kit_test.ts";
import { createSessionRpc } from "./rpc.ts";

export type Sessions = Client<typeof SessionService>;

export interface Desk extends AsyncDisposable {
  readonly sessions: Sessions;
  /** Calls that changed something. */
  readonly records: RecordedCall[];
}

const TOKEN = "token-of-an-operator-0123456789";

/** The gateway's methods, called over a socket by one who may read and operate. */
export async function openDesk(rig: Rig, clock = systemClock): Promise<Desk> {
  const records: RecordedCall[] = [];
  const server = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves: [SessionService],
    access: createAccess({
      tokens: [{ name: "olga", roles: [Role.READ, Role.OPERATE], token: TOKEN }],
    }),
    ready: () => true,
    record: (call) => records.push(call),
    clock: systemClock,
    log: silent,
  });
  const { stratumd, config } = rig;
  server.provide(
    SessionService,
    createSessionRpc({ stratumd, gateway: config.gateway, clock }),
  );
  const client = controlClient(`http://127.0.0.1:${server.port}`, TOKEN, { protocol: "connect" });
  return {
    sessions: client(SessionService),
    records,
    async [Symbol.asyncDispose]() {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** What a stream has told so far. Ended by `end`. */
export interface Watching {
  readonly told: WatchSessionsResponse[];
  /** Resolves with what `find` makes of the first piece of news that it wants. */
  until<T extends object>(find: (news: News) => T | false | undefined): Promise<T>;
  /** Resolves when the stream has ended, whoever ended it. */
  readonly over: Promise<void>;
  end(): Promise<void>;
}

export type News = WatchSessionsResponse["news"];

/** Watches, and resolves once nothing is left out any more. */
export async function watchSessions(
  sessions: Sessions,
  request: { account?: string; network?: string } = {},
): Promise<Watching> {
  const stop = new AbortController();
  const told: WatchSessionsResponse[] = [];
  async function read(): Promise<void> {
    try {
      const options = { signal: stop.signal, timeoutMs: 0 };
      for await (const news of sessions.watchSessions(request, options)) told.push(news);
    } catch (error) {
      if (!stop.signal.aborted && ConnectError.from(error).code !== Code.Unavailable) throw error;
    }
  }
  const over = read();
  const watching: Watching = {
    told,
    over,
    until: (find) =>
      waitFor(() => {
        for (const { news } of told) {
          const found = find(news);
          if (found) return found;
        }
        return null;
      }, "news"),
    async end() {
      stop.abort();
      await over;
    },
  };
  await watching.until((news) => news.case === "there" && news);
  return watching;
}

/** The call fails with this code, and its sentence fits. */
export async function refusedWith(
  call: Promise<unknown>,
  code: Code,
  sentence: RegExp,
): Promise<void> {
  const error = await call.then(() => null, (error) => ConnectError.from(error));
  assert(error !== null, "the call was not refused");
  assertEquals(
    [Code[error.code], sentence.test(error.rawMessage)],
    [Code[code], true],
    error.message,
  );
}
