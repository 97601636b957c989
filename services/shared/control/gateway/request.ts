/**
 * From path, query and body to the request of a method: google.api.http's rules, and protobuf's JSON for each value.
 *
 * @module
 */
import { Code, ConnectError } from "@connectrpc/connect";
import type { DescField, DescMessage, MessageShape } from "@gopool/proto/control";
import { fromJson, type JsonObject, type JsonValue } from "@gopool/proto/reflect";
import type { Binding } from "./bindings.ts";
import { type FieldPath, fieldPath, isLeaf, jsonOfText, pathText } from "./fields.ts";
import { NAMES_MAX, PARAMETERS_MAX, QUOTED_MAX_CHARS } from "./limits.ts";
import { decoded } from "./template.ts";
import { wantedOf } from "./wanted.ts";

/** The parts of an HTTP request that a request of a method is made of. */
export interface Parts {
  /** The template's variables in its order, still encoded. */
  readonly captured: readonly string[];
  readonly query: URLSearchParams;
  /** Absent where the binding takes none. */
  readonly body?: string;
}

/** @throws {ConnectError} `invalid_argument`, in a sentence: what was wrong, what it was, what was wanted. */
export function requestOf(binding: Binding, parts: Parts): MessageShape<DescMessage> {
  const tree = bodyTree(binding, parts.body);
  const texts = [...pathTexts(binding, parts.captured), ...queryTexts(binding, parts.query)];
  for (const text of texts) put(tree, text);
  try {
    return fromJson(binding.method.input, tree, { ignoreUnknownFields: false });
  } catch (error) {
    for (const { path, text, where } of texts) {
      if (!isValueOf(path.leaf, text)) throw wrongValue(where, text, path.leaf);
    }
    throw invalid(`the request is no ${binding.method.input.name}: ${inWords(error)}`);
  }
}

/** A value as it stood in the URL. */
interface UrlText {
  readonly path: FieldPath;
  readonly text: string;
  /** For sentences: `address in the path`. */
  readonly where: string;
}

function pathTexts({ template, bound }: Binding, captured: readonly string[]): UrlText[] {
  return bound.map((path, at) => {
    const where = `${pathText(path)} in the path`;
    const text = decoded(captured[at]!, template.variables[at]!.isMulti);
    if (text === null) {
      throw invalid(`${where} is ${quoted(captured[at]!)}: no percent-encoded text`);
    }
    return { path, text, where };
  });
}

function queryTexts(binding: Binding, query: URLSearchParams): UrlText[] {
  const texts: UrlText[] = [];
  const single = new Set<string>();
  for (const [name, text] of query) {
    if (texts.length === PARAMETERS_MAX) {
      throw invalid(`the query has more than ${PARAMETERS_MAX} parameters`);
    }
    const path = parameter(binding, name);
    const where = `query parameter ${pathText(path)}`;
    if (path.leaf.fieldKind !== "list") {
      if (single.has(where)) throw invalid(`${where} is given twice, and has one value`);
      single.add(where);
    }
    texts.push({ path, text, where });
  }
  return texts;
}

/** The field that a query parameter names. */
function parameter(binding: Binding, name: string): FieldPath {
  const path = fieldPath(binding.method.input, name);
  if (path !== null && isLeaf(path.leaf) && isInQuery(binding, path)) return path;
  const known = binding.body === "whole"
    ? []
    : binding.method.input.fields.filter((leaf) => isInQuery(binding, { steps: [leaf], leaf }));
  const names = known.map(({ jsonName }) => jsonName).slice(0, NAMES_MAX).join(", ");
  throw invalid(
    `there is no query parameter ${quoted(name)} here: ${names === "" ? "none is taken" : names}`,
  );
}

/** What neither the path nor the body has. */
export function isInQuery({ body, bound }: Binding, path: FieldPath): boolean {
  if (body === "whole" || body === path.steps[0]) return false;
  const text = pathText(path);
  return !bound.some((one) => pathText(one) === text);
}

function bodyTree({ body, method }: Binding, text: string | undefined): JsonObject {
  if (body === "none" || text === undefined) return {};
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(
      `the body is no JSON: ${(error as Error).message.slice(0, QUOTED_MAX_CHARS * 2)}`,
    );
  }
  if (body !== "whole") return { [body.jsonName]: value };
  if (!isObject(value)) throw invalid(`the body is no ${method.input.name}, which is an object`);
  return value;
}

function put(tree: JsonObject, { path: { steps, leaf }, text, where }: UrlText): void {
  let at = tree;
  for (const { jsonName } of steps.slice(0, -1)) {
    const inside = at[jsonName] ??= {};
    if (!isObject(inside)) throw invalid(`${where}: the body has something else for ${jsonName}`);
    at = inside;
  }
  const value = jsonOfText(leaf, text);
  if (value === undefined) throw wrongValue(where, text, leaf);
  const before = at[leaf.jsonName] ?? at[leaf.name];
  if (leaf.fieldKind === "list") {
    if (Array.isArray(before)) before.push(value);
    else at[leaf.jsonName] = [value];
    return;
  }
  if (before !== undefined) throw invalid(`${where}: the body has it as well`);
  at[leaf.jsonName] = value;
}

/** Whether protobuf's JSON takes this text for one value of the field. */
function isValueOf(leaf: DescField, text: string): boolean {
  const value = jsonOfText(leaf, text);
  if (value === undefined) return false;
  try {
    fromJson(leaf.parent, { [leaf.jsonName]: leaf.fieldKind === "list" ? [value] : value });
    return true;
  } catch {
    return false;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongValue(where: string, text: string, leaf: DescField): ConnectError {
  return invalid(`${where} is ${quoted(text)}: wanted is ${wantedOf(leaf)}`);
}

function invalid(sentence: string): ConnectError {
  return new ConnectError(sentence, Code.InvalidArgument);
}

function quoted(text: string): string {
  return JSON.stringify(
    text.length > QUOTED_MAX_CHARS ? `${text.slice(0, QUOTED_MAX_CHARS)}…` : text,
  );
}

/** The library's sentence, bounded: it quotes what was sent. */
function inWords(error: unknown): string {
  return (error as Error).message.slice(0, 4 * QUOTED_MAX_CHARS);
}
