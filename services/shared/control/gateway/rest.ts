/**
 * Methods over plain HTTP: the same interceptors and implementations that Connect calls.
 *
 * @module
 */
import {
  Code,
  ConnectError,
  type ContextValues,
  createHandlerContext,
  type Interceptor,
  type MethodImplSpec,
} from "@connectrpc/connect";
import {
  invokeUnaryImplementation,
  transformInvokeImplementation,
} from "@connectrpc/connect/protocol";
import type { DescMessage, DescMethod, MessageShape } from "@gopool/proto/control";
import { type JsonObject, toJson } from "@gopool/proto/reflect";
import type { Clock, Logger } from "@gopool/runtime";
import { errorAnswer, jsonAnswer, refusal } from "./answers.ts";
import type { Binding } from "./bindings.ts";
import { HttpError, readBody } from "./body.ts";
import { eventStream } from "./events.ts";
import { mayBeInfinite, withoutInfinities } from "./finite.ts";
import { requestOf } from "./request.ts";
import type { Found } from "./routing.ts";

/** How messages are written as JSON, by every protocol: a zero is said, so that nobody has to know what absence means. */
export const JSON_OPTIONS = { alwaysEmitImplicit: true, ignoreUnknownFields: false } as const;

export interface RestOptions {
  readonly specs: readonly MethodImplSpec[];
  readonly interceptors: Interceptor[];
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
  readonly stop?: AbortSignal;
}

export type RestHandler = (
  found: Found,
  request: Request,
  url: URL,
  values: ContextValues,
) => Promise<Response>;

type AnyMessage = MessageShape<DescMessage>;

/** Answers a request whose route is found; a fault of ours is said as `internal`, and told to the log. */
export function createRest(options: RestOptions): RestHandler {
  const { log, interceptors } = options;
  const specs = new Map(options.specs.map((spec) => [spec.method as DescMethod, spec]));
  return async ({ binding, captured }, request, url, values) => {
    const { method } = binding;
    const spec = specs.get(method)!;
    const context = createHandlerContext({
      service: method.parent,
      method,
      protocolName: "rest",
      requestMethod: request.method,
      url: request.url,
      requestHeader: headersOf(request),
      requestSignal: request.signal,
      ...(spec.kind === "unary" ? {} : { shutdownSignal: options.stop }),
      contextValues: values,
    });
    try {
      const body = binding.body === "none" ? undefined : await readBody(request, options.clock);
      const input = requestOf(binding, { captured, query: url.searchParams, body });
      if (spec.kind === "unary") {
        const output = await invokeUnaryImplementation(spec, context, input, interceptors);
        context.abort();
        return jsonAnswer(textOf(binding, output, log), context.responseHeader);
      }
      const texts = textsOf(
        binding,
        transformInvokeImplementation(spec, context, interceptors)(once(input)),
        log,
      );
      const onEnd = () => context.abort();
      const stream = await eventStream(texts, { clock: options.clock, onEnd });
      return new Response(stream, { headers: eventHeaders(context.responseHeader) });
    } catch (error) {
      context.abort(error);
      if (error instanceof HttpError) return refusal(error.code, error.message, error.status);
      if (error instanceof ConnectError) return errorAnswer(error);
      log.error("a call failed", { method: nameOf(method), error });
      return refusal(Code.Internal, `${method.name} failed inside the service: its log tells why`);
    }
  };
}

/** Without Connect's deadline: over plain HTTP it means nothing, and an interceptor would take it for kept. */
function headersOf({ headers }: Request): Headers {
  if (!headers.has("connect-timeout-ms") && !headers.has("grpc-timeout")) return headers;
  const copy = new Headers(headers);
  copy.delete("connect-timeout-ms");
  copy.delete("grpc-timeout");
  return copy;
}

function eventHeaders(headers: Headers): Headers {
  headers.set("content-type", "text/event-stream");
  // What is kept or packed on the way comes late, or twice.
  headers.set("cache-control", "no-store, no-transform");
  headers.set("x-accel-buffering", "no");
  return headers;
}

function textOf(binding: Binding, message: AnyMessage, log: Logger): string {
  const { method, answer } = binding;
  const json = toJson(method.output, message, JSON_OPTIONS);
  const text = JSON.stringify(
    answer === null ? json : (json as JsonObject)[answer.jsonName] ?? null,
  );
  if (!mayBeInfinite(text)) return text;
  const fields = withoutInfinities(method.output, message);
  if (fields.length === 0) return text;
  log.error("an answer has what is no number", { method: nameOf(method), fields });
  return textOf(binding, message, log);
}

async function* textsOf(binding: Binding, messages: AsyncIterable<AnyMessage>, log: Logger) {
  for await (const message of messages) yield textOf(binding, message, log);
}

function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}
