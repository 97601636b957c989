/**
 * The caller's side: for ctl, for tests, and for services that call each other.
 *
 * @module
 */
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import type { DescService } from "@gopool/proto/control";
import { READ_MAX_BYTES, WRITE_MAX_BYTES } from "./limits.ts";

export type Protocol = "grpc" | "grpc-web" | "connect";

export interface ControlClientOptions {
  /** Certificates that the server's is signed by, PEM. Needed for https where no public authority has signed it. */
  readonly ca?: string | undefined;
  /** The client's own certificate and its key, PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Default gRPC. All need HTTP/2. */
  readonly protocol?: Protocol;
  /** Of each call that names none of its own. Streams count as calls: name 0 there for no end. */
  readonly timeoutMs?: number;
}

/**
 * `client(ControlService).status({})`: a client of each service that the server serves, on one HTTP/2 connection that
 * is opened by the first call, and again after it was lost. Calls throw ConnectError.
 *
 * To end a stream abort the signal that the call was given: leaving its loop tells the server nothing.
 */
export interface ControlClient extends Disposable {
  <S extends DescService>(service: S): Client<S>;
  /** Cuts the connection; calls under way fail. */
  close(): void;
}

/**
 * @param url `http://127.0.0.1:8200`, or https.
 * @param token Sent with each call; empty: none is.
 */
export function controlClient(
  url: string,
  token: string,
  { ca, cert, key, protocol = "grpc", timeoutMs }: ControlClientOptions = {},
): ControlClient {
  const nodeOptions = Object.fromEntries(
    Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined),
  );
  const session = new Http2SessionManager(url, {}, nodeOptions);
  const options = {
    baseUrl: url,
    httpVersion: "2" as const,
    sessionManager: session,
    // Deno's client ends a stream as "Premature close" when its last messages are still being unpacked.
    acceptCompression: [],
    interceptors: token === "" ? [] : [bearer(token)],
    // The other way round than the server's.
    readMaxBytes: WRITE_MAX_BYTES,
    writeMaxBytes: READ_MAX_BYTES,
    ...(timeoutMs === undefined ? {} : { defaultTimeoutMs: timeoutMs }),
  };
  const transport: Transport = TRANSPORTS[protocol](options);
  const close = () => session.abort();
  return Object.assign(
    <S extends DescService>(service: S): Client<S> => createClient(service, transport),
    { close, [Symbol.dispose]: close },
  );
}

const TRANSPORTS = {
  "grpc": createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
  "connect": createConnectTransport,
} as const;

function bearer(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}
