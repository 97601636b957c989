/**
 * For tests: requests that no client of ours would make, over HTTP/2 by hand.
 *
 * @module
 */
import http2 from "node:http2";
import type { DescMethod } from "@gopool/proto/control";

export interface RawRequest {
  readonly token?: string;
  /** gRPC: the message's bytes. */
  readonly body?: Uint8Array;
  /** gRPC: the five bytes before the message; default: not compressed, and the body's length. */
  readonly head?: readonly number[];
  /** Connect with JSON in place of gRPC: the text. */
  readonly json?: string;
  /** More headers, or others. */
  readonly headers?: Record<string, string>;
}

export interface RawAnswer {
  readonly status: number;
  /** -1 where there is none. */
  readonly grpcStatus: number;
  readonly grpcMessage: string;
  readonly text: string;
}

export interface RawClient extends Disposable {
  post(method: DescMethod, request: RawRequest): Promise<RawAnswer>;
}

/** @param url As the stub server has it. */
export function rawClient(url: string): RawClient {
  const session = http2.connect(url);
  session.on("error", () => {});
  return {
    post: (method, request) => post(session, method, request),
    [Symbol.dispose]: () => session.destroy(),
  };
}

async function post(
  session: http2.ClientHttp2Session,
  method: DescMethod,
  { token, body = new Uint8Array(), head, json, headers }: RawRequest,
): Promise<RawAnswer> {
  const isUnary = method.methodKind === "unary";
  const stream = session.request({
    ":method": "POST",
    ":path": `/${method.parent.typeName}/${method.name}`,
    "content-type": json === undefined
      ? "application/grpc"
      : isUnary
      ? "application/json"
      : "application/connect+json",
    ...(json === undefined ? { te: "trailers" } : { "connect-protocol-version": "1" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...headers,
  });
  const answer = Promise.withResolvers<RawAnswer>();
  let status = 0;
  let grpcStatus = -1;
  let grpcMessage = "";
  const parts: Uint8Array[] = [];
  const learn = (found: http2.IncomingHttpHeaders) => {
    if (found["grpc-status"] === undefined) return;
    grpcStatus = Number(found["grpc-status"]);
    grpcMessage = decodeURIComponent(String(found["grpc-message"] ?? ""));
  };
  stream.on("response", (found) => {
    status = found[":status"] ?? 0;
    learn(found);
  });
  stream.on("trailers", learn);
  stream.on("data", (part: Uint8Array) => parts.push(part));
  stream.on("error", (error) => answer.reject(error));
  stream.on("close", () => {
    const text = parts.map((part) => new TextDecoder().decode(part)).join("");
    answer.resolve({ status, grpcStatus, grpcMessage, text });
  });
  const message = json === undefined ? body : new TextEncoder().encode(json);
  const isFramed = json === undefined || !isUnary;
  stream.end(isFramed ? framed(message, head) : message);
  return await answer.promise;
}

function framed(message: Uint8Array, head: readonly number[] = lengthHead(message.length)) {
  return new Uint8Array([...head, ...message]);
}

function lengthHead(length: number): number[] {
  return [0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
}
