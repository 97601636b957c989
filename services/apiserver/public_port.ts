/**
 * The public port: HTTP/1.1 and HTTP/2 without TLS, which a proxy in front of it adds.
 *
 * @module
 */
import type { HostPort } from "@gopool/config";
import { FatalError } from "@gopool/runtime";
import { DRAIN_MS } from "./limits.ts";

export interface PublicPort extends AsyncDisposable {
  readonly port: number;
}

/** @param remote Address of the connection. */
export type Answer = (request: Request, remote: string) => Response | Promise<Response>;

/**
 * Answers until disposed: then no connection is taken, and what is under way may end within DRAIN_MS.
 *
 * @throws {FatalError} In a sentence: the port is taken, or the address is none of this machine's.
 */
export function servePublic(listen: HostPort, answer: Answer): PublicPort {
  const { host, port } = listen;
  const cut = new AbortController();
  const server = opened(listen, () =>
    Deno.serve(
      { hostname: host, port, signal: cut.signal, onListen: () => {} },
      (request, info) => answer(request, info.remoteAddr.hostname),
    ));
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => cut.abort(), DRAIN_MS);
      try {
        await server.shutdown();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function opened<T>({ host, port }: HostPort, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is taken by another program"
      : (error as Error).message;
    throw new FatalError(
      `Cannot answer the public at ${host}:${port}: ${why}. Name another place with GOPOOL_API_LISTEN`,
      { cause: error },
    );
  }
}
