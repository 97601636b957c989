/**
 * The connections of a server: bounded in number, and ended in bounded time.
 *
 * @module
 */
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock, Logger } from "@gopool/runtime";
import { CLOSE_MS, CONNECTIONS_MAX, HANDSHAKE_MS, KEEP_ALIVE_MS, LINGER_MS } from "./limits.ts";

export interface Connections {
  /** Nothing new is begun. */
  readonly isEnding: boolean;
  /** A request has come over this connection, and is under way until what this gives is called. */
  hold(peer: Peer): () => void;
  /** No new ones; what is under way may finish for `withinMs`, then it is cut. Resolves when all are gone. */
  end(withinMs: number): Promise<void>;
}

/** The other end of a connection: no two that are open have the same. */
export type Peer = Pick<Socket, "remoteAddress" | "remotePort">;

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
  /** Those over which a request has come. The socket itself is hidden from who takes the request. */
  const asked = new Set<string>();
  const ending = new AbortController();
  const gone = Promise.withResolvers<void>();
  const idle = Promise.withResolvers<void>();
  let isEnding = false;
  let underWay = 0;

  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const peer = named(socket);
    const closed = new AbortController();
    socket.on("error", () => {});
    socket.on("close", () => {
      closed.abort();
      sockets.delete(socket);
      asked.delete(peer);
      if (isEnding && sockets.size === 0) gone.resolve();
    });
    clock.sleep(HANDSHAKE_MS, AbortSignal.any([closed.signal, ending.signal])).then(() => {
      // Bytes are no sign of a caller: who sends one and no more would keep the place.
      if (!closed.signal.aborted && !asked.has(peer)) socket.destroy();
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
    get isEnding() {
      return isEnding;
    },
    hold(peer) {
      asked.add(named(peer));
      underWay++;
      return () => {
        underWay--;
        if (isEnding && underWay === 0) idle.resolve();
      };
    },
    async end(withinMs) {
      isEnding = true;
      ending.abort();
      if (underWay > 0) {
        await within(withinMs, idle.promise);
        // A client whose connection is closed with the last byte may take the close for the answer.
        await clock.sleep(LINGER_MS);
      }
      server.close();
      for (const session of sessions) session.close();
      if (sockets.size > 0) await within(CLOSE_MS, gone.promise);
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };

  async function within(ms: number, event: Promise<void>): Promise<void> {
    const enough = new AbortController();
    await Promise.race([event, clock.sleep(ms, enough.signal)]);
    enough.abort();
  }
}

function named({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`;
}
