/**
 * The caller's side: for ctl, for tests, and for services that call each other.
 *
 * @module
 */
import { connect as netConnect, isIP, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import type { DescService } from "@gopool/proto/control";
import { READ_MAX_BYTES, WRITE_MAX_BYTES } from "./limits.ts";
import "./session_ends.ts";

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
  /**
   * How a peer that vanished without a word is noticed. Without it calls fail on the dead connection one after the
   * other, until TCP itself gives it up.
   */
  readonly ping?: {
    /** A connection over which nothing came for so long is asked: under a call, and before the next one. */
    readonly intervalMs: number;
    /** One that has not answered by then is cut, and the next call opens another. */
    readonly timeoutMs: number;
  };
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
  { ca, cert, key, protocol = "grpc", timeoutMs, ping }: ControlClientOptions = {},
): ControlClient {
  const pings = ping === undefined
    ? {}
    : { pingIntervalMs: ping.intervalMs, pingTimeoutMs: ping.timeoutMs };
  const session = new Http2SessionManager(url, pings, {
    createConnection: (authority) => connected(authority, { ca, cert, key }),
  });
  const options = {
    baseUrl: url,
    httpVersion: "2" as const,
    sessionManager: session,
    // Deno's client ends a stream as "Premature close" when its last messages are still being unpacked.
    acceptCompression: [],
    interceptors: token === "" ? [lost] : [lost, bearer(token)],
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

/**
 * The socket under the session. Once it is connected it ends without an error: connect-node listens to its session only
 * a moment after the session has connected, and the error of a server that closes at once would be nobody's and end
 * the process. The calls on it learn of the end all the same.
 */
function connected({ protocol, hostname, port }: URL, tls: Tls): Socket {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  const isTls = protocol === "https:";
  const socket = isTls
    ? tlsConnect({
      host,
      port: Number(port || 443),
      ALPNProtocols: ["h2"],
      // An address is no server name (RFC 6066, section 3).
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...given,
    })
    : netConnect({ host, port: Number(port || 80) });
  socket.on("error", () => {});
  socket.once(isTls ? "secureConnect" : "connect", () => {
    const { destroy } = socket;
    socket.destroy = () => destroy.call(socket);
  });
  return socket;
}

type Tls = Pick<ControlClientOptions, "ca" | "cert" | "key">;

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

/** A connection that ends under a call is no cancelling: nobody has canceled anything. */
const lost: Interceptor = (next) => async (request) => {
  const told = (error: unknown): unknown =>
    error instanceof ConnectError && error.code === Code.Canceled && !request.signal.aborted
      ? new ConnectError("the connection was lost", Code.Unavailable, undefined, undefined, error)
      : error;
  try {
    const response = await next(request);
    return response.stream ? { ...response, message: toldOf(response.message, told) } : response;
  } catch (error) {
    throw told(error);
  }
};

async function* toldOf<T>(
  messages: AsyncIterable<T>,
  told: (error: unknown) => unknown,
): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw told(error);
  }
}
