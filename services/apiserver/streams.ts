/**
 * Streams by client: one that opens many leaves none for the others.
 *
 * @module
 */
import { Code, ConnectError } from "@gopool/control";
import { clientAddress, type Interceptor } from "@gopool/control/gateway";
import { STREAMS_PER_CLIENT_MAX } from "./limits.ts";

export class StreamCounts {
  readonly #open = new Map<string, number>();
  #all = 0;

  /** Streams that are open. */
  get all(): number {
    return this.#all;
  }

  of(client: string): number {
    return this.#open.get(client) ?? 0;
  }

  /** Null where the client has as many as it may; else what takes it out again, once. */
  enter(client: string): (() => void) | null {
    const open = this.of(client);
    if (open >= STREAMS_PER_CLIENT_MAX) return null;
    this.#open.set(client, open + 1);
    this.#all++;
    let isOut = false;
    return () => {
      if (isOut) return;
      isOut = true;
      this.#all--;
      const left = this.of(client) - 1;
      if (left > 0) this.#open.set(client, left);
      else this.#open.delete(client);
    };
  }
}

/** Counts the gateway's streams from their call to their end, and refuses one too many. */
export function boundedStreams(counts: StreamCounts): Interceptor {
  return (next) => async (request) => {
    if (!request.stream) return await next(request);
    const leave = counts.enter(clientAddress(request.contextValues));
    if (leave === null) {
      throw new ConnectError(
        `${STREAMS_PER_CLIENT_MAX} streams are open to your address already: close one first`,
        Code.ResourceExhausted,
      );
    }
    // Also where its reader goes and nobody asks for another message.
    request.signal.addEventListener("abort", leave, { once: true });
    try {
      const response = await next(request);
      if (!response.stream) throw new TypeError(`${request.method.name} is a stream`);
      return { ...response, message: counted(response.message, leave) };
    } catch (error) {
      leave();
      throw error;
    }
  };
}

async function* counted<T>(messages: AsyncIterable<T>, leave: () => void): AsyncGenerator<T> {
  try {
    yield* messages;
  } finally {
    leave();
  }
}
