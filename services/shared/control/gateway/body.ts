/**
 * The body of a request: bounded in time, and over plain HTTP as bounded text.
 *
 * @module
 */
import { Code } from "@connectrpc/connect";
import type { Clock } from "@gopool/runtime";
import { BODY_MS, READ_MAX_BYTES } from "./limits.ts";

/** A refusal that HTTP has its own status for. No ConnectError: that class takes itself for its heirs. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly code: Code;
  constructor(status: number, message: string, code: Code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @throws {HttpError} It is too large, too slow, no JSON by its own word, or no UTF-8. */
export async function readBody(
  request: Request,
  clock: Pick<Clock, "sleep">,
): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new HttpError(
      415,
      `the body has to be application/json, and says it is ${type === "" ? "nothing" : type}`,
      Code.InvalidArgument,
    );
  }
  const bytes = new Uint8Array(READ_MAX_BYTES);
  let length = 0;
  if (Number(request.headers.get("content-length") ?? 0) > READ_MAX_BYTES) throw tooLarge();
  for await (const chunk of timely(request.body ?? [], clock, tooSlow)) {
    if (length + chunk.length > READ_MAX_BYTES) throw tooLarge();
    bytes.set(chunk, length);
    length += chunk.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
  } catch {
    throw new HttpError(400, "the body is no UTF-8", Code.InvalidArgument);
  }
}

/**
 * The chunks as they come, as long as the last of them comes within {@link BODY_MS} of the beginning.
 *
 * @throws What `late` makes, when they do not.
 */
export async function* timely<T>(
  chunks: Iterable<T> | AsyncIterable<T>,
  clock: Pick<Clock, "sleep">,
  late: (sentence: string) => Error,
): AsyncGenerator<T> {
  const ended = new AbortController();
  const over = clock.sleep(BODY_MS, ended.signal).then(() => null);
  const from = (async function* () {
    yield* chunks;
  })();
  try {
    while (true) {
      const next = await Promise.race([from.next(), over]);
      if (next === null) throw late(`the body did not come within ${BODY_MS / 1_000} s`);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    ended.abort();
    // Not awaited: it waits for a chunk that may never come.
    from.return(undefined).catch(() => {});
  }
}

function tooSlow(sentence: string): HttpError {
  return new HttpError(408, sentence, Code.DeadlineExceeded);
}

function tooLarge(): HttpError {
  return new HttpError(
    413,
    `the body has more than ${READ_MAX_BYTES} bytes`,
    Code.ResourceExhausted,
  );
}
