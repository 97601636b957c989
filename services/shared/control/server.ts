/**
 * The server: Connect, gRPC and gRPC-Web on one port, over HTTP/2 (with TLS also HTTP/1.1).
 *
 * @module
 */
import http2 from "node:http2";
import { Code, ConnectError, createConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import type { HostPort } from "@gopool/config";
import type { DescService } from "@gopool/proto/control";
import { Health, v1, v1alpha } from "@gopool/proto/grpc";
import { type Clock, FatalError, type Logger } from "@gopool/runtime";
import type { Access } from "./access.ts";
import { deadlines } from "./deadlines.ts";
import { faultsToLog } from "./faults.ts";
import { createGate } from "./gate.ts";
import { createHealth } from "./health.ts";
import { keepConnections } from "./connections.ts";
import {
  DRAIN_MS,
  HEADERS_MAX,
  HEADERS_MAX_BYTES,
  OPEN_READ_MAX_BYTES,
  READ_MAX_BYTES,
  STREAMS_MAX,
  TIMEOUT_MAX_MS,
  WRITE_MAX_BYTES,
} from "./limits.ts";
import { createProvided } from "./provided.ts";
import { type Record, recorder } from "./record.ts";
import { createReflection } from "./reflection.ts";
import { createListener } from "./requests.ts";
import { rulesOf } from "./rules.ts";
import { validated } from "./validated.ts";

/** PEM texts. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Where given, a connection needs a certificate that one of these has signed. */
  readonly clientCa?: string;
}

export interface ControlServerOptions {
  readonly listen: HostPort;
  /** Of all that will be provided. Each method needs a rule. */
  readonly serves: readonly DescService[];
  readonly access: Access;
  readonly tls?: ServerTls;
  /** Whether the process can do its job: what /readyz says, and what health says of every service. */
  readonly ready: () => boolean;
  /** Told of each call that changes something, when it has ended. */
  readonly record: Record;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
}

export interface ControlServer extends AsyncDisposable {
  readonly port: number;
  /**
   * From now on these methods answer by `impl`; until then, `unavailable`. A second one takes the place of the first.
   *
   * @throws {TypeError} For a service that is not among those served.
   */
  provide<S extends DescService>(service: S, impl: ServiceImpl<S>): void;
}

/**
 * Answers from now on until disposed. Then streams are told that the server ends, calls may finish for
 * {@link DRAIN_MS}, and what is left is cut.
 *
 * @throws {FatalError} In a sentence: the port is taken, or the certificate is none.
 * @throws {NoRule} A method says nothing of who may call it.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const { listen, serves, access, tls, ready, record, clock, log } = options;
  const all = [...serves, Health, v1.ServerReflection, v1alpha.ServerReflection];
  const rules = rulesOf(all);
  const provided = createProvided(serves);
  const stop = new AbortController();
  const router = createConnectRouter({
    acceptCompression: [compressionGzip],
    readMaxBytes: READ_MAX_BYTES,
    writeMaxBytes: WRITE_MAX_BYTES,
    maxTimeoutMs: TIMEOUT_MAX_MS,
    // Who guesses at fields is told so: an operator's misspelt field must not mean "all".
    jsonOptions: { ignoreUnknownFields: false },
    shutdownSignal: stop.signal,
    requestGate: createGate(access, rules),
    // From the outside in: the record sees what a call came to, though its caller has gone.
    interceptors: [
      faultsToLog(log),
      deadlines({ clock }),
      validated(),
      recorder(rules, record),
    ],
  });
  for (const service of serves) router.service(service, provided.implOf(service));
  const reflection = createReflection(all);
  const names = all.map(({ typeName }) => typeName);
  // Anybody may call these: their requests are names.
  const open = { readMaxBytes: OPEN_READ_MAX_BYTES };
  const health = createHealth({ services: names, ready, clock, stop: stop.signal });
  router.service(Health, health, open);
  router.service(v1.ServerReflection, reflection.v1, open);
  router.service(v1alpha.ServerReflection, reflection.v1alpha, open);

  const listener = createListener(router.handlers, log);
  const server = opened(tls, listener);
  const connections = keepConnections(server, { clock, log });
  return {
    port: await listening(server, listen),
    provide: provided.provide,
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
