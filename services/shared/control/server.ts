/**
 * The server: Connect, gRPC and gRPC-Web on one port, over HTTP/2 (with TLS also HTTP/1.1).
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import http2 from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HostPort } from "@gopool/config";
import { FatalError } from "@gopool/runtime";
import { keepConnections } from "./connections.ts";
import { DRAIN_MS, HEADERS_MAX, HEADERS_MAX_BYTES, STREAMS_MAX } from "./limits.ts";
import type { Provided } from "./provided.ts";
import { createListener } from "./requests.ts";
import { createRoutes, type RoutesOptions } from "./routes.ts";
import "./session_ends.ts";

/** PEM texts. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Where given, a connection needs a certificate that one of these has signed. */
  readonly clientCa?: string;
}

export interface ControlServerOptions extends Omit<RoutesOptions, "stop"> {
  readonly listen: HostPort;
  readonly tls?: ServerTls;
}

export interface ControlServer extends AsyncDisposable, Pick<Provided, "provide"> {
  readonly port: number;
}

/**
 * Answers from now on until disposed. Then no connection is taken, streams are told that the server ends,
 * calls under way may finish for {@link DRAIN_MS}, and what is left is cut.
 *
 * @throws {FatalError} In a sentence: the port is taken, or the certificate is none.
 * @throws {NoRule} A method says nothing of who may call it.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const { listen, tls, clock, log } = options;
  const stop = new AbortController();
  const routes = createRoutes({ ...options, stop: stop.signal });
  const listener = createListener(routes.handlers, { log, connections: () => connections });
  const server = opened(tls, listener);
  const connections = keepConnections(server, { clock, log });
  return {
    port: await listening(server, listen),
    provide: routes.provide,
    async [Symbol.asyncDispose]() {
      stop.abort(new ConnectError("the server ends: ask again when it runs", Code.Unavailable));
      await connections.end(DRAIN_MS);
    },
  };
}

type Server = http2.Http2Server | http2.Http2SecureServer;

function opened(tls: ServerTls | undefined, listener: ReturnType<typeof createListener>): Server {
  const bounds = {
    maxHeaderListPairs: HEADERS_MAX,
    settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADERS_MAX_BYTES },
  };
  if (tls === undefined) return http2.createServer(bounds, listener);
  const { cert, key, clientCa } = tls;
  const asked = clientCa === undefined
    ? {}
    : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  try {
    checkPair(tls);
    return http2.createSecureServer({ ...bounds, ...asked, cert, key, allowHTTP1: true }, listener);
  } catch (error) {
    throw new FatalError(
      `The control address cannot speak TLS: ${
        (error as Error).message
      }. Look at GOPOOL_CONTROL_TLS_CERT, GOPOOL_CONTROL_TLS_KEY and GOPOOL_CONTROL_CLIENT_CA`,
      { cause: error },
    );
  }
}

/** The runtime finds out at each handshake, and tells nobody: the operator is to know at the start. */
function checkPair({ cert, key, clientCa }: ServerTls): void {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new TypeError("the key is not the one of the certificate");
  }
  if (clientCa !== undefined) new X509Certificate(clientCa);
}

/** The port, once it listens. */
function listening(server: Server, { host, port }: HostPort): Promise<number> {
  const opened = Promise.withResolvers<number>();
  server.once("error", (error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE"
      ? "the port is taken, by another service of this pool perhaps"
      : error.message;
    opened.reject(
      new FatalError(
        `Cannot answer for control at ${host}:${port}: ${why}. Name another place with GOPOOL_CONTROL_LISTEN`,
        { cause: error },
      ),
    );
  });
  server.listen({ host, port }, () => {
    const address = server.address();
    if (address !== null && typeof address === "object") opened.resolve(address.port);
  });
  return opened.promise;
}
