/**
 * Calls end when their deadline passes or their caller has gone, whether or not the implementation looks at its signal.
 *
 * @module
 */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Clock } from "@gopool/runtime";
import { UNARY_DEFAULT_MS } from "./limits.ts";

/** The headers that name a deadline, of gRPC with gRPC-Web, and of Connect; `request.signal` keeps it. */
const DEADLINES = ["grpc-timeout", "connect-timeout-ms"];

export interface DeadlineOptions {
  readonly clock: Pick<Clock, "sleep">;
  /** What a unary call gets that names no deadline. */
  readonly unaryDefaultMs?: number;
}

/**
 * Answers a unary call at the latest when its signal aborts. Its implementation goes on if it does not look: a call
 * that changes something is finished, and recorded as what it came to, though nobody hears the answer.
 */
export function deadlines(
  { clock, unaryDefaultMs = UNARY_DEFAULT_MS }: DeadlineOptions,
): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return await next(request);
    const isOwn = DEADLINES.some((name) => request.header.has(name));
    const late = new AbortController();
    const settled = new AbortController();
    const signal = AbortSignal.any([request.signal, late.signal]);
    const over = Promise.withResolvers<never>();
    // Nobody waits for it where the call wins.
    over.promise.catch(() => {});
    const onAbort = () => over.reject(reasonOf(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    if (!isOwn) {
      clock.sleep(unaryDefaultMs, settled.signal).then(() => {
        if (settled.signal.aborted) return;
        late.abort(
          new ConnectError(
            `the call took longer than ${unaryDefaultMs} ms, and names no deadline of its own`,
            Code.DeadlineExceeded,
          ),
        );
      });
    }
    try {
      if (signal.aborted) throw reasonOf(signal);
      return await Promise.race([next({ ...request, signal }), over.promise]);
    } finally {
      settled.abort();
      signal.removeEventListener("abort", onAbort);
    }
  };
}

function reasonOf({ reason }: AbortSignal): ConnectError {
  return reason instanceof ConnectError
    ? reason
    : new ConnectError("the caller has gone", Code.Canceled);
}
