/**
 * Server-sent events: what a browser's EventSource reads (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 *
 * @module
 */
import { ConnectError } from "@connectrpc/connect";
import type { Clock } from "@gopool/runtime";
import { errorJson } from "./answers.ts";
import { FIRST_MESSAGE_MS, HEARTBEAT_MS } from "./limits.ts";

export interface EventsOptions {
  readonly clock: Pick<Clock, "sleep">;
  /** Called once, when the stream has ended or its reader has gone. */
  readonly onEnd: () => void;
}

const encoder = new TextEncoder();

/** A comment: keeps proxies from taking the connection for dead. */
const HEARTBEAT = encoder.encode(": still here\n\n");

/**
 * One event for each text, made when the reader wants it: a slow reader holds one text, not a queue. A fault while it
 * lasts is an event `failure` with the error's JSON; then the stream ends, and EventSource asks again.
 *
 * @param texts JSON, which has no line breaks.
 * @throws {unknown} What the stream throws before its first text, if it does so within {@link FIRST_MESSAGE_MS}.
 */
export async function eventStream(
  texts: AsyncIterator<string>,
  { clock, onEnd }: EventsOptions,
): Promise<ReadableStream<Uint8Array>> {
  let next = texts.next();
  // Whoever looks at it later sees the error again; nobody may.
  next.catch(() => {});
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd();
  };
  try {
    await within(clock, FIRST_MESSAGE_MS, next);
  } catch (error) {
    end();
    throw error;
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const result = await within(clock, HEARTBEAT_MS, next);
        if (result === null) return controller.enqueue(HEARTBEAT);
        if (result.done === true) {
          end();
          return controller.close();
        }
        controller.enqueue(encoder.encode(`event: message\ndata: ${result.value}\n\n`));
        next = texts.next();
        next.catch(() => {});
      } catch (error) {
        end();
        const told = JSON.stringify(errorJson(ConnectError.from(error)));
        controller.enqueue(encoder.encode(`event: failure\ndata: ${told}\n\n`));
        controller.close();
      }
    },
    cancel() {
      end();
      // Not awaited: an implementation that looks at nothing would hold who has gone.
      texts.return?.()?.catch(() => {});
    },
  }, { highWaterMark: 0 });
}

/** What it comes to, or null when it takes longer. */
async function within<T>(
  clock: Pick<Clock, "sleep">,
  ms: number,
  promise: Promise<T>,
): Promise<T | null> {
  const settled = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(ms, settled.signal).then(() => null)]);
  } finally {
    settled.abort();
  }
}
