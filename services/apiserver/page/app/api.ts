/**
 * The public API, asked over REST on the page's own origin.
 *
 * @module
 */

/** The API said no, or did not answer. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    /** A sentence for people. */
    message: string,
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    /** The API's own code, as "not_found"; "" where it gave none. */
    readonly code: string = "",
  ) {
    super(message);
  }
}

/** An answer that takes longer is none: the page says so and tries again. */
const ANSWER_WITHIN_MS = 15_000;

/** Asks for JSON. @throws {ApiError} */
export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, { method: "GET" }, signal);
}

/** Sends JSON. @throws {ApiError} */
export function postJson<T>(path: string, body: unknown): Promise<T> {
  return request<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function request<T>(path: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, { ...init, signal: either });
    const text = await response.text();
    body = isJson(response) ? JSON.parse(text) : undefined;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(limit.aborted ? "The pool takes too long to answer." : AWAY, 0);
  }
  if (response.ok && body !== undefined) return body as T;
  const said = (body ?? {}) as { code?: string; message?: string };
  throw new ApiError(sentenceFor(response.status, said.message), response.status, said.code);
}

const AWAY = "The pool cannot be reached.";

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.includes("json") ?? false;
}

function sentenceFor(status: number, message: string | undefined): string {
  if (status === 429) return "Too many questions from your address: the page goes on in a while.";
  if (message) return message;
  if (status >= 500) return `The pool could not answer (${status}).`;
  return `The pool gave no answer to this (${status}).`;
}

/** A query string of what is set. */
export function query(values: Record<string, string | number | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}
