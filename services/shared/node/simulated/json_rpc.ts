/**
 * JSON-RPC requests as Bitcoin Core reads and answers them (rpc/request.cpp, httprpc.cpp): 1.0 and 2.0, batches,
 * and the HTTP status that goes with each.
 *
 * @module
 */
import { RPC, RpcError } from "./rpc_error.ts";

export interface RpcHandler {
  /** @throws {RpcError} Any error of the method. */
  readonly call: (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;
  /** A fault of the node itself, told once; the caller gets -1. */
  readonly onFault: (method: string, error: unknown) => void;
}

export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  /** Undefined where a notification asks for no answer. */
  readonly body?: unknown;
}

/** Answers one request body; `signal` tells that the caller has gone. Never rejects. */
export async function answer(
  handler: RpcHandler,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
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
      if (signal.aborted) break;
      const single = await answerOne(handler, one, signal);
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
  return await answerOne(handler, request, signal);
}

async function answerOne(
  handler: RpcHandler,
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
    const result = await handler.call(method, params, signal) ?? null;
    if (isNotification) return { status: 204 };
    return {
      status: 200,
      body: v2 ? { jsonrpc: "2.0", result, id } : { result, error: null, id: id ?? null },
    };
  } catch (error) {
    if (isNotification) return { status: 204 };
    if (error instanceof RpcError) return failure(id, v2, error);
    handler.onFault(String(method), error);
    return failure(id, v2, new RpcError(RPC.MISC_ERROR, "Internal error of the simulated node"));
  }
}

function failure(id: unknown, v2: boolean, { code, message }: RpcError): Answer {
  const error = { code, message };
  if (v2) return { status: 200, body: { jsonrpc: "2.0", error, id: id ?? null } };
  const status = code === RPC.INVALID_REQUEST ? 400 : code === RPC.METHOD_NOT_FOUND ? 404 : 500;
  return { status, body: { result: null, error, id: id ?? null } };
}
