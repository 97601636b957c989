/**
 * Streams are bounded in number and in time, and end when their caller has gone or the server ends.
 *
 * @module
 */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Clock } from "@gopool/runtime";

export interface StreamBounds {
  readonly clock: Pick<Clock, "sleep">;
  /** Open at once. */
  readonly max: number;
  readonly lifeMs: number;
}

/** Ends a stream whether or not its implementation looks at its signal. */
export function streamBounds({ clock, max, lifeMs }: StreamBounds): Interceptor {
  let open = 0;
  return (next) => async (request) => {
    if (!request.stream) return await next(request);
    if (open >= max) {
      throw new ConnectError(
        `${max} streams are open here, and no more at once: ask again in a minute`,
        Code.ResourceExhausted,
        { "retry-after": "60" },
      );
    }
    open++;
    const late = new AbortController();
    const over = Promise.withResolvers<never>();
    // Nobody waits for it where the stream ends by itself.
    over.promise.catch(() => {});
    const ended = new AbortController();
    const signal = AbortSignal.any([request.signal, late.signal]);
    const release = () => {
      if (ended.signal.aborted) return;
      open--;
      ended.abort();
    };
    const onAbort = () => {
      over.reject(reasonOf(signal));
      release();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    clock.sleep(lifeMs, ended.signal).then(() => {
      if (ended.signal.aborted) return;
      late.abort(
        new ConnectError(
          `a stream lasts ${lifeMs / 1000} seconds at most: ask again`,
          Code.Unavailable,
        ),
      );
    });
    try {
      const response = await Promise.race([next({ ...request, signal }), over.promise]);
      if (!response.stream) throw new ConnectError("a stream has no answer alone", Code.Internal);
      return { ...response, message: until(over.promise, response.message, release) };
    } catch (error) {
      release();
      throw error;
    }
  };
}

async function* until<T>(
  over: Promise<never>,
  messages: AsyncIterable<T>,
  release: () => void,
): AsyncGenerator<T> {
  const it = messages[Symbol.asyncIterator]();
  let isDone = false;
  try {
    while (true) {
      const result = await Promise.race([it.next(), over]);
      if (result.done === true) {
        isDone = true;
        return;
      }
      yield result.value;
    }
  } finally {
    release();
    // Not awaited: one that waits for what never comes would hold the end.
    if (!isDone) Promise.resolve(it.return?.()).catch(() => {});
  }
}

function reasonOf({ reason }: AbortSignal): ConnectError {
  return reason instanceof ConnectError
    ? reason
    : new ConnectError("the caller has gone", Code.Canceled);
}
