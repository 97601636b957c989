/**
 * Answers to those who have it already, or take it packed (RFC 9110, RFC 9111, RFC 5861).
 *
 * @module
 */
import { gzipOf, type ReadyAnswer } from "./ready.ts";

/** The answer as HTTP, without the headers that every answer has. */
export function sendReady(answer: ReadyAnswer, request: Request, nowMs: number): Response {
  const { etag, body, type } = answer;
  const { headers: asked, method } = request;
  const packed = takesGzip(asked.get("accept-encoding")) ? gzipOf(answer) : null;
  // Each coding is a representation of its own (RFC 9110, section 8.8.3.3).
  const tag = packed === null ? `"${etag}"` : `"${etag}-gzip"`;
  const headers: Record<string, string> = {
    "content-type": type,
    "etag": tag,
    "vary": "accept-encoding",
    "cache-control": cacheControl(answer, nowMs),
  };
  const known = asked.get("if-none-match");
  if (known !== null && namesTag(known, etag)) return new Response(null, { status: 304, headers });
  if (packed !== null) headers["content-encoding"] = "gzip";
  const sent = packed ?? body;
  headers["content-length"] = String(sent.length);
  return new Response(method === "HEAD" ? null : sent, { headers });
}

/** Whole seconds, not more than it is fresh; a little more while a new one is made. */
function cacheControl({ freshUntilMs, staleUntilMs }: ReadyAnswer, nowMs: number): string {
  const fresh = Math.max(0, Math.floor((freshUntilMs - nowMs) / 1_000));
  const stale = Math.max(0, Math.floor((staleUntilMs - Math.max(nowMs, freshUntilMs)) / 1_000));
  return `public, max-age=${fresh}, stale-while-revalidate=${stale}`;
}

/** Weak comparison: marks and codings aside. */
function namesTag(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(",").some((part) => {
    const tag = part.trim().replace(/^W\//, "");
    return tag === "*" || tag === `"${etag}"` || tag === `"${etag}-gzip"`;
  });
}

/** Whether gzip may be sent: named and not refused with a weight of 0. */
export function takesGzip(acceptEncoding: string | null): boolean {
  if (acceptEncoding === null) return false;
  return acceptEncoding.split(",").some((part) => {
    const [coding = "", ...parameters] = part.split(";").map((one) => one.trim().toLowerCase());
    return (coding === "gzip" || coding === "x-gzip") &&
      !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
}
