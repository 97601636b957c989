/**
 * The public port: HTTP/1.1 and HTTP/2 without TLS, which a proxy in front of it adds.
 *
 * @module
 */
import type { HostPort } from "@gopool/config";
import { Code } from "@gopool/control";
import { refusal } from "@gopool/control/gateway";
import { FatalError, type Logger } from "@gopool/runtime";
import { DRAIN_MS } from "./limits.ts";

export interface PublicPort extends AsyncDisposable {
  readonly port: number;
}

/** @param remote Address of the connection. A throw is a fault of ours. */
export type Answer = (request: Request, remote: string) => Response | Promise<Response>;

/**
 * Answers until disposed: then whoever comes is told that the server ends, and what is under way may end within `drainMs`;
 * streams are the caller's to end. The runtime's own way waits for ever, and cannot be cut short once it has begun.
 *
 * @throws {FatalError} In a sentence: the port is taken, or the address is none of this machine's.
 */
export function servePublic(
  listen: HostPort,
  answer: Answer,
  log: Logger,
  drainMs: number = DRAIN_MS,
): PublicPort {
  const { host, port } = listen;
  const cut = new AbortController();
  let underWay = 0;
  let isEnding = false;
  const idle = Promise.withResolvers<void>();
  const left = () => {
    underWay--;
    if (isEnding && underWay === 0) idle.resolve();
  };
  const onError = (error: unknown) => {
    log.error("a request could not be answered", { error });
    return refusal(Code.Internal, "this failed inside the service: its log tells why");
  };
  const server = opened(listen, () =>
    Deno.serve(
      { hostname: host, port, signal: cut.signal, onListen: () => {}, onError },
      (request, info) => {
        if (isEnding) return refusal(Code.Unavailable, ENDS, 503, ENDING);
        underWay++;
        // Rejects where the caller has gone: it is over as well.
        info.completed.then(left, left);
        return answer(request, info.remoteAddr.hostname);
      },
    ));
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      isEnding = true;
      if (underWay > 0) {
        const timer = setTimeout(idle.resolve, drainMs);
        await idle.promise;
        clearTimeout(timer);
      }
      cut.abort();
      await server.finished;
    },
  };
}

const ENDS = "the server ends: ask again in a moment";
const ENDING = { "connection": "close", "retry-after": "1" };

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
