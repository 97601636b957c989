/**
 * Which web pages may read the answers (https://fetch.spec.whatwg.org/#http-cors-protocol).
 *
 * @module
 */
import { cors as connect } from "@gopool/control/gateway";

/** How long a browser remembers what it was allowed: as long as the common ones do at most. */
const MAX_AGE_S = 7_200;

/** What a page may send, and what of an answer it may read: Connect's and gRPC-Web's, and the limits. */
const ALLOWED = {
  "access-control-allow-methods": [...new Set(["GET", "HEAD", ...connect.allowedMethods])].join(
    ", ",
  ),
  "access-control-allow-headers": [...connect.allowedHeaders, "If-None-Match"].join(", "),
  "access-control-max-age": String(MAX_AGE_S),
};
const EXPOSED = [
  ...connect.exposedHeaders,
  "ETag",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
].join(", ");

export type Origins = "*" | readonly string[];

/** Sets what the page at the request's origin is allowed; nothing where it is not. Cookies and the like are never taken. */
export function allowOrigin(origins: Origins, request: Request, headers: Headers): void {
  if (origins === "*") {
    headers.set("access-control-allow-origin", "*");
    headers.set("access-control-expose-headers", EXPOSED);
    return;
  }
  if (origins.length === 0) return;
  // Who keeps the answer must not give one page's to another.
  headers.append("vary", "origin");
  const origin = request.headers.get("origin");
  if (origin === null || !origins.includes(origin)) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
}

/** A browser's question whether it may ask: answered for any path. Null where the request is none. */
export function preflight(origins: Origins, request: Request): Response | null {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) {
    return null;
  }
  const headers = new Headers();
  allowOrigin(origins, request, headers);
  if (headers.has("access-control-allow-origin")) {
    for (const [name, value] of Object.entries(ALLOWED)) headers.set(name, value);
  }
  return new Response(null, { status: 204, headers });
}
