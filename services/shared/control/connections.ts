/**
 * The connections of a server: bounded in number, and ended in bounded time.
 *
 * @module
 */
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock, Logger } from "@gopool/runtime";
import { CONNECTIONS_MAX, HANDSHAKE_MS, KEEP_ALIVE_MS } from "./limits.ts";

export interface Connections {
  /** No new ones; what is under way may finish for `withinMs`, then it is cut. Resolves when all are gone. */
  end(withinMs: number): Promise<void>;
}

export interface ConnectionsDeps {
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
}

export function keepConnections(
  server: Http2Server | Http2SecureServer,
  { clock, log }: ConnectionsDeps,
): Connections {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const ending = new AbortController();
  const gone = Promise.withResolvers<void>();
  let isEnding = false;

  server.on("connection", (socket: Socket) => {
    if (isEnding || sockets.size >= CONNECTIONS_MAX) {
      log.warn("a connection to the control address was refused: there are too many", {
        connections: sockets.size,
      });
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const closed = new AbortController();
    socket.on("error", () => {});
    socket.on("close", () => {
      closed.abort();
      sockets.delete(socket);
      if (isEnding && sockets.size === 0) gone.resolve();
    });
    clock.sleep(HANDSHAKE_MS, AbortSignal.any([closed.signal, ending.signal])).then(() => {
      if (!closed.signal.aborted && socket.bytesRead === 0) socket.destroy();
    });
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  // Each is one peer's: its connection is ended by node:http2.
  server.on("sessionError", (error: Error) => log.debug("a connection failed", { error }));
  server.on("tlsClientError", (error: Error) => log.debug("TLS was refused", { error }));

  return {
    async end(withinMs) {
      isEnding = true;
      ending.abort();
      server.close();
      for (const session of sessions) session.close();
      if (sockets.size > 0) {
        const enough = new AbortController();
        await Promise.race([gone.promise, clock.sleep(withinMs, enough.signal)]);
        enough.abort();
      }
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
