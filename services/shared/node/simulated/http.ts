/**
 * The RPC port: HTTP on 127.0.0.1 with basic authentication, as Bitcoin Core's httprpc.cpp.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answer, type RpcHandler } from "./json_rpc.ts";

export interface HttpOptions extends RpcHandler {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Holds a request up while the node stalls. */
  readonly pass: (signal: AbortSignal) => Promise<void>;
}

export interface RpcServer extends AsyncDisposable {
  readonly port: number;
  readonly callsInHand: number;
}

/** Another program, or another pool, listens on the node's port. */
export class PortTaken extends Error {
  override name = "PortTaken";
  constructor(port: number, options?: ErrorOptions) {
    super(`Port ${port} on 127.0.0.1 is taken`, options);
  }
}

/** A full block in hex is 8 MB; Bitcoin Core reads up to MAX_SIZE, 32 MiB (httpserver.cpp). */
export const BODY_MAX_BYTES = 0x02000000;
/** Calls in hand, parked ones among them, before "Work queue depth exceeded" (Bitcoin Core: 16 at work, 64 waiting). */
export const CALLS_MAX = 80;
const HOST = "127.0.0.1";

/**
 * Listens. node:http rather than Deno.serve, because it tells when a caller has gone: a parked long poll of a pool
 * that was killed must not hold its place until the next block.
 *
 * @throws {PortTaken} Something else listens there.
 */
export async function serveRpc(options: HttpOptions): Promise<RpcServer> {
  const credentials = `Basic ${btoa(`${options.user}:${options.password}`)}`;
  const closing = new AbortController();
  const inHand = new Set<Promise<void>>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    // What fails here is a connection that broke: there is nobody left to tell.
    request.on("error", () => gone.abort());
    response.on("error", () => gone.abort());
    if (request.method !== "POST") {
      return end(response, 405, "JSONRPC server handles only POST requests");
    }
    if (request.headers.authorization !== credentials) {
      response.setHeader("www-authenticate", 'Basic realm="jsonrpc"');
      return end(response, 401);
    }
    if (inHand.size >= CALLS_MAX) return end(response, 503, "Work queue depth exceeded");
    const body = await readBody(request);
    if (body === null) return end(response, 413);
    const signal = AbortSignal.any([closing.signal, gone.signal]);
    await options.pass(signal);
    // A call that stalled until the end was never heard, like one to a node that was killed.
    if (closing.signal.aborted) return;
    const { status, body: result } = await answer(options, body, signal);
    if (result === undefined) return end(response, status);
    response.setHeader("content-type", "application/json");
    end(response, status, JSON.stringify(result) + "\n");
  }

  const server = createServer((request, response) => {
    const handling: Promise<void> = handle(request, response)
      .catch((error) => options.onFault("HTTP", error))
      .finally(() => inHand.delete(handling));
    inHand.add(handling);
  });
  await new Promise<void>((resolve, reject) => {
    server.once(
      "error",
      (error: Error & { code?: string }) =>
        reject(error.code === "EADDRINUSE" ? new PortTaken(options.port, { cause: error }) : error),
    );
    server.listen(options.port, HOST, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get callsInHand() {
      return inHand.size;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all(inHand);
    },
  };
}

function end(response: ServerResponse, status: number, body = ""): void {
  if (response.destroyed) return;
  response.writeHead(status);
  response.end(body);
}

/** The body as text; null where it is too long or was cut off. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request) {
      length += part.length;
      if (length > BODY_MAX_BYTES) return null;
      parts.push(part);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts).toString("utf8");
}
