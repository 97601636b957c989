/**
 * Services on a public HTTP port: Connect, gRPC-Web and REST with server-sent events, from one set of implementations.
 *
 * @module
 */
import {
  Code,
  ConnectError,
  type ContextValues,
  createConnectRouter,
  createContextValues,
  createServiceImplSpec,
  type HandlerContext,
  type Interceptor,
  type MethodImplSpec,
  type ServiceImpl,
} from "@connectrpc/connect";
import {
  type UniversalHandler,
  type UniversalServerRequest,
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import type { DescMethod, DescService } from "@gopool/proto/control";
import type { Clock, Logger } from "@gopool/runtime";
import { deadlines } from "../deadlines.ts";
import { faultsToLog } from "../faults.ts";
import { validated } from "../validated.ts";
import { refusal } from "./answers.ts";
import { type Binding, bindingsOf } from "./bindings.ts";
import { timely } from "./body.ts";
import { type CallerInfo, withCaller } from "./caller.ts";
import { DOCUMENT_PATH } from "./docs.ts";
import {
  READ_MAX_BYTES,
  STREAM_LIFE_MS,
  STREAMS_MAX,
  TIMEOUT_MAX_MS,
  UNARY_DEFAULT_MS,
  URL_MAX_CHARS,
  WRITE_MAX_BYTES,
} from "./limits.ts";
import { createRest, JSON_OPTIONS } from "./rest.ts";
import { createRouting } from "./routing.ts";
import { streamBounds } from "./streams.ts";

/** A service and what answers its methods. */
export interface Served {
  readonly service: DescService;
  readonly specs: readonly MethodImplSpec[];
}

/** Puts an implementation to its service, by their types; what is missing answers `unimplemented`. */
export function serving<S extends DescService>(
  service: S,
  impl: Partial<ServiceImpl<S>>,
): Served {
  return { service, specs: Object.values(createServiceImplSpec(service, impl).methods) };
}

export interface GatewayOptions {
  readonly services: readonly Served[];
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
  /** Around every call, before its request is held against the rules of its proto: limits. From the outside in. */
  readonly before?: readonly Interceptor[];
  /** Around every call whose request keeps the rules: caches. From the outside in. */
  readonly interceptors?: readonly Interceptor[];
  /** Ends streams when it aborts, with the ConnectError it aborts with. */
  readonly stop?: AbortSignal;
  /** Streams at once; default {@link STREAMS_MAX}. */
  readonly streamsMax?: number;
  /** What a unary call gets; default {@link UNARY_DEFAULT_MS}. */
  readonly unaryMs?: number;
}

/** A way to a method, for tables of limits and caches, and for labels of metrics. */
export interface Route {
  readonly method: DescMethod;
  /** "rest" for a binding of google.api.http; "rpc" for Connect and gRPC-Web. */
  readonly kind: "rest" | "rpc";
  readonly verb: string;
  /** The path, or its template. */
  readonly path: string;
}

export interface Gateway {
  /**
   * Answers a request, whatever it is made of; never rejects.
   *
   * @returns Null where the path is none of this gateway's: another may answer it.
   */
  fetch(request: Request, info: CallerInfo): Promise<Response | null>;
  readonly routes: readonly Route[];
  /** The route that a request would take; null where there is none. */
  routeOf(request: Request): Route | null;
}

/** @throws {BadTemplate} A `google.api.http` option that cannot be kept: a mistake in a proto. */
export function createGateway(options: GatewayOptions): Gateway {
  const { services, clock, log, stop } = options;
  const unaryDefaultMs = options.unaryMs ?? UNARY_DEFAULT_MS;
  /** Calls whose request could be read: interceptors see no others. */
  const read = new WeakSet<ContextValues>();
  // From the outside in.
  const interceptors: Interceptor[] = [
    (next) => (request) => {
      read.add(request.contextValues);
      return next(request);
    },
    faultsToLog(log),
    deadlines({ clock, unaryDefaultMs }),
    ...options.before ?? [],
    streamBounds({ clock, max: options.streamsMax ?? STREAMS_MAX, lifeMs: STREAM_LIFE_MS }),
    validated(),
    ...options.interceptors ?? [],
  ];
  const methods = services.flatMap(({ service }) => service.methods);
  const specs = services.flatMap((served) => served.specs);
  const bindings = bindingsOf(methods);
  const routing = createRouting(bindings);
  const rest = createRest({ specs, interceptors, clock, log, stop });
  const rpc = rpcHandlers(specs, interceptors, stop);
  const routes = [...bindings.map(restRoute), ...[...rpc.values()].map(rpcRoute)];
  const byPlace = new Map(routes.map((route) => [`${route.verb} ${route.path}`, route]));
  const prefixes = new Set(methods.map(({ parent }) => `/${parent.typeName}/`));
  const roots = new Set(bindings.map(rootOf));
  const isOurs = (path: string) =>
    [...prefixes, ...roots].some((prefix) => path.startsWith(prefix) || `${path}/` === prefix);

  async function answer(request: Request, info: CallerInfo): Promise<Response | null> {
    const url = new URL(request.url);
    const values = withCaller(createContextValues(), info);
    const handler = rpc.get(url.pathname);
    if (handler !== undefined) {
      const response = await answerRpc(handler, request, values, clock);
      // The library calls it its own fault where a body is no message in protobuf's binary form.
      if (response.status !== 500 || read.has(values)) return response;
      await response.body?.cancel();
      const { name } = handler.method.input;
      return refusal(
        Code.InvalidArgument,
        `the body is no ${name} in protobuf's binary form`,
      );
    }
    if (request.url.length > URL_MAX_CHARS && isOurs(url.pathname)) {
      return refusal(
        Code.InvalidArgument,
        `the URL has more than ${URL_MAX_CHARS} characters`,
        414,
      );
    }
    const found = routing.find(request.method, url.pathname);
    if (found !== null) return await rest(found, request, url, values);
    return isOurs(url.pathname) ? otherwise(request.method, url.pathname) : null;
  }

  function otherwise(verb: string, path: string): Response {
    const allowed = routing.allowed(path);
    if (allowed.length === 0) {
      return refusal(Code.NotFound, `there is nothing at ${path}: see ${DOCUMENT_PATH}`, 404);
    }
    const allow = { allow: allowed.join(", ") };
    if (verb === "OPTIONS") return new Response(null, { status: 204, headers: allow });
    return refusal(
      Code.Unimplemented,
      `${verb} is not answered at ${path}: ${allow.allow}`,
      405,
      allow,
    );
  }

  return {
    routes,
    routeOf(request) {
      const { pathname } = new URL(request.url);
      const handler = rpc.get(pathname);
      if (handler !== undefined) return byPlace.get(`POST ${pathname}`) ?? null;
      const binding = routing.find(request.method, pathname)?.binding;
      return binding === undefined
        ? null
        : byPlace.get(`${binding.verb} ${binding.template.text}`) ?? null;
    },
    async fetch(request, info) {
      try {
        const response = await answer(request, info);
        if (response === null || request.method !== "HEAD" || response.body === null) {
          return response;
        }
        await response.body.cancel();
        return new Response(null, response);
      } catch (error) {
        log.error("a request could not be answered", { url: request.url, error });
        return refusal(Code.Internal, "this failed inside the service: its log tells why");
      }
    },
  };
}

function rpcHandlers(
  specs: readonly MethodImplSpec[],
  interceptors: Interceptor[],
  stop?: AbortSignal,
): ReadonlyMap<string, UniversalHandler> {
  const router = createConnectRouter({
    // Deno.serve sends no trailers.
    grpc: false,
    readMaxBytes: READ_MAX_BYTES,
    writeMaxBytes: WRITE_MAX_BYTES,
    maxTimeoutMs: TIMEOUT_MAX_MS,
    jsonOptions: JSON_OPTIONS,
    interceptors,
  });
  for (const { kind, method, impl } of specs) {
    // A method and its implementation belong together by the spec; their types are forgotten here.
    router.rpc(
      method as DescMethod,
      impl as never,
      kind === "unary" ? {} : { shutdownSignal: stop },
    );
  }
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

async function answerRpc(
  handler: UniversalHandler,
  request: Request,
  contextValues: HandlerContext["values"],
  clock: Pick<Clock, "sleep">,
): Promise<Response> {
  const universal = universalServerRequestFromFetch(request, {});
  const late = (sentence: string) => new ConnectError(sentence, Code.DeadlineExceeded);
  const { body: chunks } = universal;
  const body = isIterable(chunks) ? timely(chunks, clock, late) : chunks;
  const response = await handler({ ...universal, body, contextValues });
  if (response.body === undefined && response.status >= 400) {
    const allow = handler.allowedMethods.join(", ");
    return response.status === 405
      ? refusal(Code.Unimplemented, `${request.method} is not answered here: ${allow}`, 405, {
        allow,
      })
      : refusal(
        Code.InvalidArgument,
        `the content type ${
          request.headers.get("content-type")
        } is none of Connect's or gRPC-Web's`,
        response.status,
      );
  }
  return universalServerResponseToFetch(response);
}

/** Of what Connect's server makes of a fetch request it always is: its type has parsed bodies of other servers. */
function isIterable(
  body: UniversalServerRequest["body"],
): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

function restRoute({ method, verb, template }: Binding): Route {
  return { method, kind: "rest", verb, path: template.text };
}

function rpcRoute({ method, requestPath }: UniversalHandler): Route {
  return { method, kind: "rpc", verb: "POST", path: requestPath };
}

/** The first two texts of a template, as `/api/v1/`: below it nobody else answers. */
function rootOf({ template }: Binding): string {
  const texts: string[] = [];
  for (const segment of template.segments) {
    if (segment.kind !== "literal" || texts.length === 2) break;
    texts.push(segment.text);
  }
  return `/${texts.join("/")}/`;
}
