/**
 * For tests: any method, called by its descriptor.
 *
 * @module
 */
import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import {
  create,
  type DescMessage,
  type DescMethod,
  type MessageShape,
} from "@gopool/proto/control";
import type { ControlClient } from "./client.ts";

type AnyMessage = MessageShape<DescMessage>;

/** A server's streams are left open where they stay so: nothing more is waited for after the first message. */
const ANSWERED_MS = 30_000;

type Call = (request: unknown, options: CallOptions) => Promise<unknown> | AsyncIterable<unknown>;

/**
 * How the call ends: "ok" with the first answer, or its error.
 *
 * @param message Default: nothing set.
 */
export async function outcome(
  client: ControlClient,
  method: DescMethod,
  message: AnyMessage = create(method.input),
  timeoutMs: number = ANSWERED_MS,
): Promise<"ok" | ConnectError> {
  const methods = client(method.parent) as unknown as Record<string, Call>;
  const call = methods[method.localName]!;
  const enough = new AbortController();
  const options = { signal: enough.signal, timeoutMs };
  try {
    switch (method.methodKind) {
      case "unary":
        await call(message, options);
        break;
      case "server_streaming":
        for await (const _ of call(message, options) as AsyncIterable<unknown>) break;
        break;
      default:
        for await (const _ of call(once(message), options) as AsyncIterable<unknown>) break;
    }
    return "ok";
  } catch (error) {
    return ConnectError.from(error);
  } finally {
    enough.abort();
  }
}

async function* once<T>(message: T): AsyncGenerator<T> {
  yield await Promise.resolve(message);
}

/** `ok`, or the code's name as protocols write it: `permission_denied`. */
export function codeName(result: "ok" | ConnectError): string {
  if (result === "ok") return "ok";
  return Code[result.code]!.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
}
