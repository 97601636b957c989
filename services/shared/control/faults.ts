/**
 * Errors of implementations, as callers may see them.
 *
 * @module
 */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { DescMethod } from "@gopool/proto/control";
import type { Logger } from "@gopool/runtime";

/**
 * A ConnectError goes to the caller as it is. Anything else is a fault of ours: the log gets it whole, the caller
 * learns which method failed and where to look, and nothing of what is inside.
 */
export function faultsToLog(log: Logger): Interceptor {
  return (next) => async (request) => {
    const name = `${request.service.typeName}/${request.method.name}`;
    const shown = (error: unknown): ConnectError => {
      if (error instanceof ConnectError) return error;
      // What a handler throws when its call's signal ends it: the caller has gone, or the deadline has passed.
      if (request.signal.aborted) {
        const { reason } = request.signal;
        if (reason instanceof ConnectError) return reason;
        if (error === reason || (error as Error | null)?.name === "AbortError") {
          return new ConnectError("the call was canceled", Code.Canceled);
        }
      }
      if (isBrokenOff(request.method, error)) {
        log.debug("a caller has gone", { method: name });
        return new ConnectError("the caller has gone", Code.Canceled);
      }
      log.error("a call failed", { method: name, error });
      return new ConnectError(
        `${name} failed inside the service: its log tells why`,
        Code.Internal,
      );
    };
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: shownErrors(response.message, shown) };
    } catch (error) {
      throw shown(error);
    }
  };
}

/** What reading a stream of requests throws when its caller leaves it open and goes: before the signal aborts. */
function isBrokenOff({ methodKind }: DescMethod, error: unknown): boolean {
  const reads = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  return reads && (error as { code?: unknown } | null)?.code === "ERR_STREAM_PREMATURE_CLOSE";
}

async function* shownErrors<T>(
  messages: AsyncIterable<T>,
  shown: (error: unknown) => ConnectError,
): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw shown(error);
  }
}
