/**
 * JSON-RPC over HTTP as Bitcoin Core's httprpc.cpp and rpc/request.cpp do it: 1.0 and 2.0, batches, the same
 * status codes.
 *
 * @module
 */
import { RPC, RpcError } from "./rpc_error.ts";

export interface HttpOptions {
  readonly user: string;
  readonly password: string;
  /** @throws {RpcError} Any error of the method. */
  readonly call: (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;
  /** Holds a request up while the node stalls. */
  readonly pass: (signal: AbortSignal) => Promise<void>;
  /** A fault of the node itself, told once; the caller gets -1. */
  readonly onFault: (method: string, error: unknown) => void;
}

/** A full block in hex is 8 MB; Bitcoin Core reads up to MAX_SIZE, 32 MiB (httpserver.cpp). */
export const BODY_MAX_BYTES = 0x02000000;
/** Calls in hand, parked long polls among them, before "Work queue depth exceeded" (Bitcoin Core: 16 threads, 64 waiting). */
export const CALLS_MAX = 80;

interface Answer {
  readonly status: number;
  /** Undefined where a notification asks for no answer. */
  readonly body?: unknown;
}

/** The handler for Deno.serve. */
export function rpcHandler(
  options: HttpOptions,
): (request: Request, signal: AbortSignal) => Promise<Response> {
  const credentials = `Basic ${btoa(`${options.user}:${options.password}`)}`;
  let inHand = 0;

  return async (request, signal) => {
    if (request.method !== "POST") {
      return text(405, "JSONRPC server handles only POST requests");
    }
    if (request.headers.get("authorization") !== credentials) {
      await request.body?.cancel();
      return new Response(null, {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="jsonrpc"' },
      });
    }
    if (inHand >= CALLS_MAX) {
      await request.body?.cancel();
      return text(503, "Work queue depth exceeded");
    }
    inHand++;
    try {
      const body = await readBody(request);
      if (body === null) return text(413, "");
      await options.pass(signal);
      return respond(await answer(options, body, signal));
    } finally {
      inHand--;
    }
  };
}

async function answer(options: HttpOptions, body: string, signal: AbortSignal): Promise<Answer> {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    return failure(null, false, new RpcError(RPC.PARSE_ERROR, "Parse error"));
  }
  if (Array.isArray(request)) {
    const answers: unknown[] = [];
    // One after another, as Bitcoin Core does.
    for (const one of request) {
      const single = await answerOne(options, one, signal);
      if (single.body !== undefined) answers.push(single.body);
    }
    // All were notifications: nothing to say.
    return answers.length === 0 && request.length > 0
      ? { status: 204 }
      : { status: 200, body: answers };
  }
  if (typeof request !== "object" || request === null) {
    return failure(null, false, new RpcError(RPC.PARSE_ERROR, "Top-level object parse error"));
  }
  return await answerOne(options, request, signal);
}

async function answerOne(
  options: HttpOptions,
  request: unknown,
  signal: AbortSignal,
): Promise<Answer> {
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    return failure(null, false, new RpcError(RPC.INVALID_REQUEST, "Invalid Request object"));
  }
  const { id, method, params, jsonrpc } = request as Record<string, unknown>;
  const v2 = jsonrpc === "2.0";
  const isNotification = v2 && !("id" in request);
  try {
    if (method === undefined || method === null) {
      throw new RpcError(RPC.INVALID_REQUEST, "Missing method");
    }
    if (typeof method !== "string") {
      throw new RpcError(RPC.INVALID_REQUEST, "Method must be a string");
    }
    if (params !== undefined && params !== null && typeof params !== "object") {
      throw new RpcError(RPC.INVALID_REQUEST, "Params must be an array or object");
    }
    const result = await options.call(method, params, signal) ?? null;
    if (isNotification) return { status: 204 };
    return {
      status: 200,
      body: v2 ? { jsonrpc: "2.0", result, id } : { result, error: null, id: id ?? null },
    };
  } catch (error) {
    if (isNotification) return { status: 204 };
    if (error instanceof RpcError) return failure(id, v2, error);
    options.onFault(String(method), error);
    return failure(id, v2, new RpcError(RPC.MISC_ERROR, "Internal error of the simulated node"));
  }
}

function failure(id: unknown, v2: boolean, { code, message }: RpcError): Answer {
  const error = { code, message };
  if (v2) return { status: 200, body: { jsonrpc: "2.0", error, id: id ?? null } };
  const status = code === RPC.INVALID_REQUEST ? 400 : code === RPC.METHOD_NOT_FOUND ? 404 : 500;
  return { status, body: { result: null, error, id: id ?? null } };
}

function respond({ status, body }: Answer): Response {
  if (body === undefined) return new Response(null, { status });
  return new Response(JSON.stringify(body) + "\n", {
    status,
    headers: { "content-type": "application/json" },
  });
}

function text(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "text/html" } });
}

/** The body as text; null where it is too long. */
async function readBody(request: Request): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > BODY_MAX_BYTES) return null;
    parts.push(part);
  }
  return new TextDecoder().decode(await new Blob(parts as BlobPart[]).arrayBuffer());
}
