/**
 * The public API's description as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), written from the descriptors that
 * the routes are made of, so that it says what they do.
 *
 * @module
 */
import type { DescField, DescMessage, DescMethod, DescService } from "@gopool/proto/control";
import { type Binding, bindingsOf } from "../bindings.ts";
import { type FieldPath, isLeaf, pathText } from "../fields.ts";
import { PATH_DEPTH_MAX } from "../limits.ts";
import { isInQuery } from "../request.ts";
import { ERROR_RESPONSES, ERROR_SCHEMAS, errorsOf, NOT_CHANGED } from "./errors.ts";
import { type Comments, createMessages, type Messages, neededFields } from "./messages.ts";
import type { Schema } from "./schema.ts";

export interface DocumentOptions {
  readonly services: readonly DescService[];
  readonly title: string;
  /** Of the API, not of the program. */
  readonly version: string;
  /** What everybody has to know first; Markdown. */
  readonly description: string;
  readonly comments: Comments;
  /** Whether a GET answers 304 to `If-None-Match`. */
  readonly isConditional?: boolean;
}

/** An OpenAPI document; `JSON.stringify` writes it. */
export interface OpenApi {
  readonly openapi: "3.1.1";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, unknown>>;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** @throws {BadTemplate} A `google.api.http` option that cannot be kept. */
export function openApi(options: DocumentOptions): OpenApi {
  const { services, title, version, description, comments } = options;
  const home = services[0]?.file.proto.package ?? "";
  const messages = createMessages(home, comments);
  const paths: Record<string, Record<string, Operation>> = {};
  const ids = new Map<string, number>();
  for (const service of services) {
    for (const binding of bindingsOf(service.methods)) {
      const { name } = binding.method;
      const count = (ids.get(name) ?? 0) + 1;
      ids.set(name, count);
      const operation = operationOf(binding, messages, options);
      const operationId = count === 1 ? name : `${name}_${count}`;
      const path = paths[pathOf(binding)] ??= {};
      path[binding.verb.toLowerCase()] = { operationId, ...operation };
    }
  }
  return {
    openapi: "3.1.1",
    info: { title, version, description },
    servers: [{ url: "/" }],
    tags: services.map(({ name, typeName }) => described({ name }, comments[typeName])),
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => a < b ? -1 : 1)),
    components: {
      schemas: { ...messages.components, ...ERROR_SCHEMAS },
      responses: ERROR_RESPONSES,
    },
  };
}

function operationOf(
  binding: Binding,
  messages: Messages,
  { comments, isConditional = false }: DocumentOptions,
): Omit<Operation, "operationId"> {
  const { method, body, verb } = binding;
  const comment = comments[`${method.parent.typeName}.${method.name}`];
  const parameters = [
    ...binding.bound.map((path) => parameter("path", path, messages, [])),
    ...queryParameters(binding, messages),
  ];
  return {
    tags: [method.parent.name],
    ...described({ summary: wordsOf(method.name) }, comment),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === "none" ? {} : { requestBody: requestBody(binding, messages) }),
    responses: {
      200: answerOf(binding, messages),
      ...(isConditional && verb === "GET" && method.methodKind === "unary"
        ? { 304: NOT_CHANGED }
        : {}),
      ...errorsOf(binding),
    },
  };
}

function described<T extends object>(what: T, description: string | undefined) {
  return description === undefined ? what : { ...what, description };
}

/** `GetPoolChart` → "Get pool chart". */
function wordsOf(name: string): string {
  const words = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The template in OpenAPI's form: `{name=shelves/*}` is there `{name}`. */
function pathOf({ template, bound }: Binding): string {
  const { segments, variables, verb } = template;
  const parts: string[] = [];
  for (let at = 0; at < segments.length; at++) {
    const index = variables.findIndex(({ from }) => from === at);
    if (index !== -1) {
      parts.push(`{${pathText(bound[index]!)}}`);
      at = (variables[index]!.until ?? segments.length) - 1;
      continue;
    }
    const segment = segments[at]!;
    parts.push(segment.kind === "literal" ? segment.text : "*");
  }
  return `/${parts.join("/")}${verb === "" ? "" : `:${verb}`}`;
}

function parameter(
  place: "path" | "query",
  path: FieldPath,
  messages: Messages,
  needed: readonly DescField[],
): Parameter {
  const { description, ...schema } = messages.field(path.leaf, "url");
  return {
    name: pathText(path),
    in: place,
    required: place === "path" || needed.includes(path.leaf),
    ...(description === undefined ? {} : { description }),
    schema,
  };
}

function queryParameters(binding: Binding, messages: Messages): Parameter[] {
  if (binding.body === "whole") return [];
  const { input } = binding.method;
  const needed = neededFields(input, input.fields);
  return leavesOf(input, []).filter((path) => isInQuery(binding, path))
    .map((path) => parameter("query", path, messages, needed));
}

/** All that a URL can name; not into messages that contain themselves. */
function leavesOf(message: DescMessage, before: readonly DescField[]): FieldPath[] {
  return message.fields.flatMap((leaf) => {
    const steps = [...before, leaf];
    if (isLeaf(leaf)) return [{ steps, leaf }];
    if (leaf.fieldKind !== "message" || steps.length === PATH_DEPTH_MAX) return [];
    if (before.some((one) => one.message === leaf.message)) return [];
    return leavesOf(leaf.message, steps);
  });
}

function requestBody({ body, bound, method }: Binding, messages: Messages): unknown {
  const schema = body === "whole"
    ? messages.object(
      method.input,
      "body",
      (field) => !bound.some(({ steps }) => steps.length === 1 && steps[0] === field),
    )
    : messages.field(body as DescField, "body");
  return { required: true, content: { "application/json": { schema } } };
}

function answerOf({ method, answer }: Binding, messages: Messages): unknown {
  const schema = answer === null
    ? messages.message(method.output, "answer")
    : partOf(messages.field(answer, "answer"), answer);
  if (method.methodKind === "unary") {
    return { description: "The answer.", content: { "application/json": { schema } } };
  }
  return {
    description: eventsText(method),
    content: { "text/event-stream": { schema: eventSchema(schema) } },
  };
}

/** A field that is sent alone, and null where it is not there. */
function partOf(schema: Schema, { fieldKind }: DescField): Schema {
  return fieldKind === "message" ? { anyOf: [schema, { type: "null" }] } : schema;
}

/** Of one event, as OpenAPI 3.2 lays it down; 3.1 has no word for a stream of them. */
function eventSchema(message: Schema): Schema {
  const event = (name: string, contentSchema: Schema): Schema => ({
    type: "object",
    properties: {
      event: { type: "string", const: name },
      data: { type: "string", contentMediaType: "application/json", contentSchema },
    },
    required: ["event", "data"],
  });
  return {
    anyOf: [
      event("message", message),
      event("failure", { $ref: "#/components/schemas/Error" }),
    ],
  };
}

function eventsText({ output }: DescMethod): string {
  return `Server-sent events, until the caller goes: each \`message\` has a ${output.name} as JSON. ` +
    "A `failure` has an Error, and is the last; ask again then, as EventSource does by itself.";
}
