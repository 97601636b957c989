/**
 * From an HTTP method and a path to the binding that answers them.
 *
 * @module
 */
import type { Binding } from "./bindings.ts";
import { matchTemplate } from "./template.ts";

export interface Found {
  readonly binding: Binding;
  /** The template's variables in its order, still encoded. */
  readonly captured: readonly string[];
}

export interface Routing {
  /** HEAD finds what GET does. Null where nothing answers this. */
  find(verb: string, path: string): Found | null;
  /** The methods that are answered at a path: the value of Allow. Empty where there is nothing. */
  allowed(path: string): readonly string[];
}

/** @param bindings The most specific first. */
export function createRouting(bindings: readonly Binding[]): Routing {
  const byVerb = Map.groupBy(bindings, ({ verb }) => verb);
  const verbs = [...byVerb.keys()];
  const find = (verb: string, path: string): Found | null => {
    const group = byVerb.get(verb === "HEAD" ? "GET" : verb);
    if (group === undefined || !path.startsWith("/")) return null;
    const segments = path.slice(1).split("/");
    for (const binding of group) {
      const captured = matchTemplate(binding.template, withoutVerb(segments, binding));
      if (captured !== null) return { binding, captured };
    }
    return null;
  };
  return {
    find,
    allowed(path) {
      const found = verbs.filter((verb) => find(verb, path) !== null);
      return found.length === 0 ? [] : [
        ...found,
        ...(found.includes("GET") ? ["HEAD"] : []),
        "OPTIONS",
      ].toSorted();
    },
  };
}

const NONE: readonly string[] = [];

/** The path's segments without the template's verb behind the last of them; none where it is not there. */
function withoutVerb(segments: readonly string[], { template }: Binding): readonly string[] {
  if (template.verb === "") return segments;
  const last = segments.at(-1)!;
  const ending = `:${template.verb}`;
  if (!last.endsWith(ending)) return NONE;
  return segments.with(-1, last.slice(0, -ending.length));
}
