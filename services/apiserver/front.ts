/**
 * What stands before everything that is answered on the public port: who asks, how much they may, what is ready, and the
 * headers of every answer.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { type Gateway, refusal } from "@gopool/control/gateway";
import type { Clock, Histogram, Logger } from "@gopool/runtime";
import type { ApiConfig } from "./api_rows.ts";
import { allowOrigin, preflight } from "./cors.ts";
import type { Counts } from "./counts.ts";
import { etagOf, type Ready, type ReadyAnswer } from "./ready.ts";
import { sendReady } from "./etag.ts";
import { FRESH_MS } from "./kept_answers.ts";
import type { Allowed, Limiter } from "./limiter.ts";
import { REQUESTS_MAX, URL_MAX_CHARS } from "./limits.ts";
import { Proxies } from "./proxies.ts";
import { ttlOf } from "./ttl.ts";

/** Something that answers some paths. Null: none of its own. */
export interface Corner {
  /** For the metrics. */
  readonly name: string;
  fetch(request: Request): Response | null | Promise<Response | null>;
  /** How long its answers with status 200 to a GET are kept; absent: they are not. */
  readonly ttl?: { readonly freshMs: number; readonly staleMs: number };
  /** Whether a path (without its query) may be one of its own; absent: any. */
  has?(path: string): boolean;
}

export interface FrontDeps {
  readonly gateway: Gateway;
  /** Asked in this order after the gateway. */
  readonly corners: readonly Corner[];
  readonly ready: Ready;
  /** Changes when an operator flushes: what was asked for before is not kept after it. */
  readonly generation: () => string;
  /** Null: nobody is limited. */
  readonly limiter: Limiter | null;
  readonly counts: Counts;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Logger;
  readonly settings: Pick<ApiConfig, "apiOrigins" | "apiTrustedProxies" | "apiRate" | "apiBurst">;
  readonly seconds: { readonly ready: Histogram; readonly made: Histogram };
}

export interface Front {
  /** @param remote Address of the connection. */
  answer(request: Request, remote: string): Response | Promise<Response>;
  /** Requests under way that are not answered from memory. */
  readonly underWay: number;
}

interface Asked {
  readonly request: Request;
  /** With its query. */
  readonly path: string;
  readonly client: string;
  readonly sinceMs: number;
}

/** What an answer came from, and its name in the metrics. */
interface Routed {
  readonly route: string;
  readonly response: Response;
}

export function createFront(deps: FrontDeps): Front {
  const { gateway, corners, ready, limiter, counts, clock, log, settings, seconds } = deps;
  const proxies = new Proxies(settings.apiTrustedProxies);
  /** Answers that are being made, for who asks the same meanwhile; null: it is not kept, each asks for itself. */
  const making = new Map<string, Promise<ReadyAnswer | Routed>>();
  let underWay = 0;

  function answer(request: Request, remote: string): Response | Promise<Response> {
    const sinceMs = clock.monotonic();
    const path = pathOf(request.url);
    const client = proxies.clientOf(remote, request.headers);
    const asked = { request, path, client, sinceMs };
    const allowed = limiter?.take(client) ?? null;
    if (allowed instanceof Promise) return allowed.then((known) => allowedOr(asked, known));
    return allowedOr(asked, allowed);
  }

  function allowedOr(asked: Asked, allowed: Allowed | null): Response | Promise<Response> {
    if (allowed !== null && !allowed.isAllowed) {
      return finished(asked, { route: "limited", response: tooMany(allowed) }, allowed);
    }
    const { request, path } = asked;
    if (path.length > URL_MAX_CHARS) {
      const response = refusal(
        Code.InvalidArgument,
        `the path has more than ${URL_MAX_CHARS} characters`,
        414,
      );
      return finished(asked, { route: "none", response }, allowed);
    }
    const asks = preflight(settings.apiOrigins, request);
    if (asks !== null) return finished(asked, { route: "preflight", response: asks }, allowed);
    if (request.method === "GET" || request.method === "HEAD") {
      const found = ready.get(path, asked.sinceMs);
      if (found !== null) {
        const isFresh = asked.sinceMs < found.freshUntilMs;
        counts.kept[isFresh ? "ready" : "stale"]++;
        if (!isFresh && !making.has(path) && underWay < REQUESTS_MAX) {
          // Not awaited: it ends within the deadline of a call, and tells the log itself.
          void made(asked).catch(() => {});
        }
        return sent(asked, found, allowed, seconds.ready);
      }
    }
    return slowly(asked, allowed);
  }

  async function slowly(asked: Asked, allowed: Allowed | null): Promise<Response> {
    if (underWay >= REQUESTS_MAX && !making.has(asked.path)) {
      counts.busy++;
      const response = refusal(
        Code.Unavailable,
        "too much is asked at once: ask again in a second",
        503,
        { "retry-after": "1" },
      );
      return finished(asked, { route: "busy", response }, allowed);
    }
    try {
      const { method } = asked.request;
      const got = method === "GET" || method === "HEAD"
        ? await made(asked)
        : await counted(() => routed(asked.request, asked.client));
      return "body" in got
        ? sent(asked, got, allowed, seconds.made)
        : finished(asked, got, allowed, seconds.made);
    } catch (error) {
      log.error("a request could not be answered", { path: asked.path, error });
      const response = refusal(Code.Internal, "this failed inside the service: its log tells why");
      return finished(asked, { route: "none", response }, allowed);
    }
  }

  /** What is kept is made once for all who wait for it, whoever goes meanwhile. */
  async function made(asked: Asked): Promise<ReadyAnswer | Routed> {
    const { request, path, client } = asked;
    if (keptFor(request, path) === null) return await counted(() => routed(request, client));
    const under = making.get(path);
    if (under !== undefined) {
      const got = await under;
      // An answer that is not kept has a body that is read once: who waited for it asks for itself.
      return "body" in got ? got : await counted(() => routed(request, client));
    }
    // Another request than the caller's: its end, its conditions and its method are the caller's alone.
    const own = new Request(request.url, { headers: { accept: "application/json" } });
    const mine = counted(() => keep(own, path, client)).finally(() => making.delete(path));
    making.set(path, mine);
    return await mine;
  }

  async function keep(
    request: Request,
    path: string,
    client: string,
  ): Promise<ReadyAnswer | Routed> {
    const ttl = keptFor(request, path)!;
    const generation = deps.generation();
    const got = await routed(request, client);
    const { route, response } = got;
    if (response.status !== 200) return got;
    const body = new Uint8Array(await response.arrayBuffer());
    const told = response.headers.get(FRESH_MS);
    const freshMs = told === null ? ttl.freshMs : Math.min(Number(told), ttl.freshMs);
    const freshUntilMs = clock.monotonic() + freshMs;
    const answer: ReadyAnswer = {
      route,
      type: response.headers.get("content-type") ?? "application/json",
      body,
      etag: etagOf(body),
      freshUntilMs,
      // What is degraded is fresh for less than it could be, and not given beyond that.
      staleUntilMs: freshUntilMs + Math.min(ttl.staleMs, freshMs),
    };
    if (generation === deps.generation()) ready.put(path, answer);
    return answer;
  }

  function keptFor(request: Request, path: string) {
    const found = gateway.routeOf(request);
    if (found !== null) return found.kind === "rest" ? ttlOf(found.method) : null;
    const name = nameOf(path);
    return corners.find((corner) => corner.has?.(name) ?? false)?.ttl ?? null;
  }

  async function routed(request: Request, client: string): Promise<Routed> {
    const found = gateway.routeOf(request);
    const response = await gateway.fetch(request, { address: client });
    if (response !== null) {
      return { route: found === null ? "none" : routeName(found.method), response };
    }
    const name = nameOf(pathOf(request.url));
    for (const corner of corners) {
      if (corner.has?.(name) === false) continue;
      const given = await corner.fetch(request);
      if (given !== null) return { route: corner.name, response: given };
    }
    return {
      route: "none",
      response: refusal(Code.NotFound, "there is nothing here: the API is at /api/v1/", 404),
    };
  }

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    underWay++;
    try {
      return await work();
    } finally {
      underWay--;
    }
  }

  function sent(
    asked: Asked,
    answer: ReadyAnswer,
    allowed: Allowed | null,
    histogram: Histogram,
  ): Response {
    const response = sendReady(answer, asked.request, clock.monotonic());
    if (response.status === 304) counts.unchanged++;
    return finished(asked, { route: answer.route, response }, allowed, histogram);
  }

  function finished(
    asked: Asked,
    { route, response }: Routed,
    allowed: Allowed | null,
    histogram?: Histogram,
  ): Response {
    const { headers } = response;
    headers.delete(FRESH_MS);
    guard(headers);
    allowOrigin(settings.apiOrigins, asked.request, headers);
    if (allowed !== null && limiter !== null) limitHeaders(headers, limiter, allowed);
    counts.count(route, response.status);
    histogram?.observe((clock.monotonic() - asked.sinceMs) / 1_000);
    return response;
  }

  function limitHeaders(headers: Headers, { policy }: Limiter, { left }: Allowed): void {
    const { apiBurst: burst, apiRate: rate } = settings;
    headers.set("ratelimit-policy", policy);
    headers.set("ratelimit", `"default";r=${left};t=${Math.ceil((burst - left) / rate)}`);
  }

  return {
    answer,
    get underWay() {
      return underWay;
    },
  };
}

/** The path with its query, as it was sent. */
function pathOf(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("://") + 3));
}

/** Without the query. */
function nameOf(path: string): string {
  const at = path.indexOf("?");
  return at < 0 ? path : path.slice(0, at);
}

function routeName({ parent, name }: { parent: { name: string }; name: string }): string {
  return `${parent.name}/${name}`;
}

function tooMany({ waitMs }: Allowed): Response {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return refusal(
    Code.ResourceExhausted,
    `too many requests from your address: ask again in ${seconds} s`,
    429,
    { "retry-after": String(seconds) },
  );
}

/** For answers that are no page: nothing of them is ever run, framed or guessed at. The page says its own. */
function guard(headers: Headers): void {
  if (headers.has("content-security-policy")) return;
  headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
}
