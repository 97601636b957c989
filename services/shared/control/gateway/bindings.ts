/**
 * The REST routes, read from the `google.api.http` options of the descriptors.
 *
 * @module
 */
import { type DescField, type DescMethod, getOption, hasOption } from "@gopool/proto/control";
import { http, type HttpRule } from "@gopool/proto/api";
import { type FieldPath, fieldPath, isLeaf } from "./fields.ts";
import { BadTemplate, parseTemplate, type Segment, type Template } from "./template.ts";

/** One way to reach a method over plain HTTP. */
export interface Binding {
  readonly method: DescMethod;
  /** GET, POST and so on. */
  readonly verb: string;
  readonly template: Template;
  /** The fields of the template's variables, in their order. */
  readonly bound: readonly FieldPath[];
  /** Where the body goes: nowhere, into the whole request, or into one field of it. */
  readonly body: "none" | "whole" | DescField;
  /** The field of the answer that is sent alone; null: all of it. */
  readonly answer: DescField | null;
}

/** All bindings of these methods, the most specific template first. @throws {BadTemplate} */
export function bindingsOf(methods: readonly DescMethod[]): readonly Binding[] {
  const all = methods.flatMap((method) => {
    if (!hasOption(method, http)) return [];
    const rule = getOption(method, http);
    return [rule, ...rule.additionalBindings].map((one) => bindingOf(method, one));
  });
  const seen = new Map<string, Binding>();
  for (const binding of all) {
    const place = `${binding.verb} ${shapeOf(binding.template)}`;
    const other = seen.get(place);
    if (other !== undefined) {
      throw new BadTemplate(
        `${nameOf(binding.method)} and ${nameOf(other.method)} are both reached by ${place}`,
      );
    }
    seen.set(place, binding);
  }
  return all.toSorted((a, b) => bySpecificity(a.template, b.template));
}

function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

function bindingOf(method: DescMethod, rule: HttpRule): Binding {
  const { verb, path } = patternOf(method, rule);
  const template = parseTemplate(path);
  const bad = (why: string) => new BadTemplate(`${nameOf(method)}, ${verb} ${path}: ${why}`);
  const bound = template.variables.map(({ field }) => {
    const found = fieldPath(method.input, field);
    if (found === null) throw bad(`its request has no field ${field}`);
    if (!isLeaf(found.leaf) || found.leaf.fieldKind === "list") {
      throw bad(`${field} cannot stand in a path`);
    }
    return found;
  });
  const body = bodyOf(method, rule.body);
  if (body === null) throw bad(`its request has no field ${rule.body}`);
  if (verb === "GET" && body !== "none") throw bad("a GET has no body");
  if (
    method.methodKind !== "unary" && (method.methodKind !== "server_streaming" || verb !== "GET")
  ) {
    throw bad("of streams only those that a GET begins and the server ends go over plain HTTP");
  }
  const answer = rule.responseBody === ""
    ? null
    : method.output.fields.find(({ name }) => name === rule.responseBody);
  if (answer === undefined) throw bad(`its answer has no field ${rule.responseBody}`);
  return { method, verb, template, bound, body, answer };
}

function patternOf(method: DescMethod, { pattern }: HttpRule): { verb: string; path: string } {
  if (pattern.case === undefined) {
    throw new BadTemplate(`${nameOf(method)} has a google.api.http rule without a path`);
  }
  if (pattern.case !== "custom") return { verb: pattern.case.toUpperCase(), path: pattern.value };
  const { kind, path } = pattern.value;
  if (!/^[A-Z]+$/.test(kind) || kind === "HEAD" || kind === "OPTIONS") {
    throw new BadTemplate(`${nameOf(method)} asks for the HTTP method "${kind}"`);
  }
  return { verb: kind, path };
}

function bodyOf({ input }: DescMethod, body: string): Binding["body"] | null {
  if (body === "") return "none";
  if (body === "*") return "whole";
  return input.fields.find(({ name }) => name === body) ?? null;
}

/** The template without its names: two of the same shape match the same paths. */
function shapeOf({ segments, verb }: Template): string {
  return `/${segments.map(segmentText).join("/")}${verb === "" ? "" : `:${verb}`}`;
}

function segmentText(segment: Segment): string {
  if (segment.kind === "literal") return segment.text;
  return segment.kind === "one" ? "*" : "**";
}

const RANK = { literal: 0, one: 1, rest: 2 };

/** A text before any segment before all that are left; with a verb before without. */
function bySpecificity(a: Template, b: Template): number {
  for (let at = 0; at < Math.min(a.segments.length, b.segments.length); at++) {
    const rank = RANK[a.segments[at]!.kind] - RANK[b.segments[at]!.kind];
    if (rank !== 0) return rank;
  }
  return b.segments.length - a.segments.length || b.verb.length - a.verb.length;
}
