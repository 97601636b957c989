/**
 * What stands before everything that is answered on the public port: who asks, how much they may, what is ready, and the
 * headers of every answer.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { refusal } from "@gopool/control/gateway";
import type { Clock, Histogram, Logger } from "@gopool/runtime";
import type { ApiConfig } from "./api_rows.ts";
import { allowOrigin, preflight } from "./cors.ts";
import type { Counts } from "./counts.ts";
import { etagOf, type Ready, type ReadyAnswer } from "./ready.ts";
import { sendReady } from "./etag.ts";
import { FRESH_MS } from "./kept_answers.ts";
import type { Allowed, Limiter } from "./limiter.ts";
import { RENEWALS_MAX, REQUESTS_MAX, URL_MAX_CHARS } from "./limits.ts";
import { NONE, pathOf, type Places, type Routed } from "./places.ts";
import { Proxies } from "./proxies.ts";

export interface FrontDeps {
  readonly places: Places;
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
  /** With its query, where that tells answers apart. */
  readonly path: string;
  readonly client: string;
  readonly sinceMs: number;
}

/** An answer that is not kept, read whole for all who wait for it. */
interface Refused {
  readonly route: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export function createFront(deps: FrontDeps): Front {
  const { places, ready, limiter, counts, clock, log, settings, seconds } = deps;
  const proxies = new Proxies(settings.apiTrustedProxies);
  /** Answers that are being made, for who asks the same meanwhile. */
  const making = new Map<string, Promise<ReadyAnswer | Refused>>();
  let underWay = 0;
  /** Of them, those that nobody waits for. */
  let renewing = 0;

  function answer(request: Request, remote: string): Response | Promise<Response> {
    const sinceMs = clock.monotonic();
    const path = places.keyOf(pathOf(request.url));
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
        if (!isFresh && !making.has(path) && renewing < RENEWALS_MAX && underWay < REQUESTS_MAX) {
          const paid = afterPaying(asked, allowed);
          renewing++;
          // Not awaited: it ends within the deadline of a call.
          made(asked)
            .catch((error) => log.error("an answer could not be made anew", { path, error }))
            .finally(() => renewing--);
          return sent(asked, found, paid, seconds.ready);
        }
        return sent(asked, found, allowed, seconds.ready);
      }
    }
    return slowly(asked, allowed);
  }

  /** What is left to a client for whom something is computed now; who waits for what another began pays nothing. */
  function afterPaying({ request, path, client }: Asked, allowed: Allowed | null): Allowed | null {
    if (limiter === null || making.has(path) || !places.isComputed(request)) return allowed;
    return limiter.computes(client);
  }

  async function slowly(asked: Asked, before: Allowed | null): Promise<Response> {
    if (!URL.canParse(asked.request.url)) {
      const response = refusal(Code.InvalidArgument, "the Host of the request is no host");
      return finished(asked, { route: NONE, response }, before);
    }
    if (underWay >= REQUESTS_MAX && !making.has(asked.path)) {
      counts.busy++;
      const response = refusal(
        Code.Unavailable,
        "too much is asked at once: ask again in a second",
        503,
        { "retry-after": "1" },
      );
      return finished(asked, { route: "busy", response }, before);
    }
    const allowed = afterPaying(asked, before);
    try {
      const { method } = asked.request;
      const got = method === "GET" || method === "HEAD"
        ? await made(asked)
        : await counted(() => places.answer(asked.request, asked.client));
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
    if (places.ttlOf(request, path) === null) {
      return await counted(() => places.answer(request, client));
    }
    const under = making.get(path);
    if (under !== undefined) return orRouted(await under);
    // Another request than the caller's: its end, its conditions and its method are the caller's alone.
    const own = new Request(request.url, { headers: { accept: "application/json" } });
    const mine = counted(() => keep(own, path, client)).finally(() => making.delete(path));
    making.set(path, mine);
    return orRouted(await mine);
  }

  async function keep(
    request: Request,
    path: string,
    client: string,
  ): Promise<ReadyAnswer | Refused> {
    const ttl = places.ttlOf(request, path)!;
    const generation = deps.generation();
    const { route, response } = await places.answer(request, client);
    const { status, headers } = response;
    if (status !== 200) return { route, status, headers, text: await response.text() };
    const body = new Uint8Array(await response.arrayBuffer());
    const told = headers.get(FRESH_MS);
    const freshMs = told === null ? ttl.freshMs : Math.min(Number(told), ttl.freshMs);
    const freshUntilMs = clock.monotonic() + freshMs;
    const answer: ReadyAnswer = {
      route,
      type: headers.get("content-type") ?? "application/json",
      body,
      etag: etagOf(body),
      freshUntilMs,
      // What is degraded is fresh for less than it could be, and not given beyond that.
      staleUntilMs: freshUntilMs + Math.min(ttl.staleMs, freshMs),
    };
    if (generation === deps.generation()) ready.put(path, answer);
    return answer;
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

/** What was refused, as a response of one's own. */
function orRouted(got: ReadyAnswer | Refused): ReadyAnswer | Routed {
  if ("body" in got) return got;
  const { route, status, headers, text } = got;
  return { route, response: new Response(text, { status, headers }) };
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
