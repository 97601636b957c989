/**
 * The body of a request over plain HTTP, as bounded text.
 *
 * @module
 */
import { Code } from "@connectrpc/connect";
import { READ_MAX_BYTES } from "./limits.ts";

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

/** @throws {HttpError} It is too large, no JSON by its own word, or no UTF-8. */
export async function readBody(request: Request): Promise<string> {
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
  for await (const chunk of request.body ?? []) {
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

function tooLarge(): HttpError {
  return new HttpError(
    413,
    `the body has more than ${READ_MAX_BYTES} bytes`,
    Code.ResourceExhausted,
  );
}
