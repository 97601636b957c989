/**
 * Path templates of google.api.http: `/v1/{name=shelves/*}/books/{book.id}:verb`.
 *
 * Source of the grammar: the published comment of google.api.HttpRule, "Path template syntax".
 *
 * @module
 */

/** A path template that the grammar does not allow, or that cannot be kept: a mistake in a proto, found at the start. */
export class BadTemplate extends Error {
  override name = "BadTemplate";
}

/** One segment: a text as it stands in the path, any one segment, or all that are left. */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "rest" };

/** A field that takes the segments from `from` up to and without `until`; without an end: all that are left. */
export interface Variable {
  /** As in the proto, `book.id`. */
  readonly field: string;
  readonly from: number;
  readonly until: number | null;
  /** Whether it can be more than one segment: then a slash that was encoded stays encoded. */
  readonly isMulti: boolean;
}

export interface Template {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly Variable[];
  /** What stands behind the last colon; empty without one. */
  readonly verb: string;
}

const IDENT = /^[a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z_][a-zA-Z0-9_]*)*$/;
const LITERAL = /^[a-zA-Z0-9\-._~!$&'()+,;=@%]+$/;

/** @throws {BadTemplate} */
export function parseTemplate(text: string): Template {
  const bad = (why: string) => new BadTemplate(`The path template ${text} ${why}`);
  if (!text.startsWith("/")) throw bad("does not begin with a slash");
  const colon = text.lastIndexOf(":");
  const hasVerb = colon > Math.max(text.lastIndexOf("/"), text.lastIndexOf("}"));
  const verb = hasVerb ? text.slice(colon + 1) : "";
  if (hasVerb && !LITERAL.test(verb)) throw bad(`has the verb "${verb}"`);
  const segments: Segment[] = [];
  const variables: Variable[] = [];
  for (const part of split(hasVerb ? text.slice(1, colon) : text.slice(1))) {
    const from = segments.length;
    if (!part.startsWith("{")) {
      segments.push(segmentOf(part, bad));
      continue;
    }
    if (!part.endsWith("}")) throw bad(`has a variable that does not end: ${part}`);
    const [field = "", pattern = "*"] = cut(part.slice(1, -1));
    if (!IDENT.test(field)) throw bad(`names the field "${field}"`);
    if (variables.some((one) => one.field === field)) throw bad(`binds ${field} twice`);
    segments.push(...pattern.split("/").map((one) => segmentOf(one, bad)));
    const isRest = segments.at(-1)?.kind === "rest";
    const until = isRest ? null : segments.length;
    variables.push({ field, from, until, isMulti: isRest || segments.length > from + 1 });
  }
  const rest = segments.findIndex(({ kind }) => kind === "rest");
  if (rest !== -1 && rest !== segments.length - 1) throw bad("goes on behind **");
  return { text, segments, variables, verb };
}

/** At slashes outside of braces. */
function split(text: string): string[] {
  const parts = [""];
  let inside = false;
  for (const char of text) {
    if (char === "{") inside = true;
    if (char === "}") inside = false;
    if (char === "/" && !inside) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

function cut(variable: string): string[] {
  const at = variable.indexOf("=");
  return at === -1 ? [variable] : [variable.slice(0, at), variable.slice(at + 1)];
}

function segmentOf(text: string, bad: (why: string) => BadTemplate): Segment {
  if (text === "*") return { kind: "one" };
  if (text === "**") return { kind: "rest" };
  if (!LITERAL.test(text)) throw bad(`has the segment "${text}"`);
  return { kind: "literal", text };
}

/**
 * What the variables are in this path, still encoded; null where the template does not match it.
 *
 * @param path Its segments, encoded as they came, without the verb.
 */
export function matchTemplate(
  { segments, variables }: Template,
  path: readonly string[],
): readonly string[] | null {
  const isOpen = segments.at(-1)?.kind === "rest";
  const fixed = isOpen ? segments.length - 1 : segments.length;
  if (isOpen ? path.length < fixed : path.length !== fixed) return null;
  for (let at = 0; at < fixed; at++) {
    const segment = segments[at]!;
    if (segment.kind === "literal" ? segment.text !== path[at] : path[at] === "") return null;
  }
  return variables.map(({ from, until }) => path.slice(from, until ?? path.length).join("/"));
}

/**
 * Undoes percent-encoding: of a variable of one segment wholly; of one that can be several all but the slash, so that it
 * is still told from one that divides (google.api.HttpRule says so). Null for what is no encoding of a text.
 */
export function decoded(value: string, isMulti: boolean): string | null {
  if (!value.includes("%")) return value;
  try {
    if (!isMulti) return decodeURIComponent(value);
    return value.split(/(%2f)/i).map((part, at) => at % 2 === 1 ? part : decodeURIComponent(part))
      .join("");
  } catch {
    return null;
  }
}
