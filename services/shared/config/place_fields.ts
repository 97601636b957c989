/**
 * Rows whose value is a URL with several hosts (`kafka://b1:9092,b2:9092`): the standard's parser refuses those, so
 * the value stays text, checked here, and `placeOf` takes it apart.
 *
 * @module
 */
import { type Common, type Field, field } from "./field.ts";
import { row } from "./fields.ts";
import type { HostPort } from "./net_fields.ts";

/** A URL taken apart. Of `memory:` and `sqlite:PATH` only scheme and path are there. */
export interface Place {
  /** With its colon: `kafka:`. */
  readonly scheme: string;
  /** As written, percent-encoded: `user:password`; "" where there is none. */
  readonly credentials: string;
  readonly hosts: readonly HostPort[];
  /** What follows the hosts, with its slash; of a scheme without hosts all that follows the colon. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface Scheme {
  /** Port where none is named; absent: it must be named. */
  readonly port?: number;
  /** How many hosts it may name. Absent: it names none, as `memory:`. */
  readonly hosts?: "one" | "several";
  /** Whether `user:password@` may stand in it. Where not, the sentence names what is used instead. */
  readonly credentials?: true | string;
  /** What the path must look like, and how a sentence calls it. */
  readonly path?: { readonly pattern: RegExp; readonly must: string };
  /** Parameters that may follow the question mark, each with a value that is not empty. */
  readonly query?: readonly string[];
}

/** Text that names a place by one of these schemes (with their colons). */
export function place(
  variable: string,
  help: string,
  o: Common & {
    readonly schemes: Readonly<Record<string, Scheme>>;
    readonly needs?: Field<string>["needs"];
  },
): Field<string> {
  return field({
    ...row(variable, help, "URL", o),
    credentials: true,
    parse(text) {
      check(placeOf(text, o.schemes), o.schemes);
      return text;
    },
    ...(o.needs === undefined ? {} : { needs: o.needs }),
  });
}

/**
 * Takes a URL apart.
 *
 * @throws {SyntaxError} In a sentence that begins with "must".
 */
export function placeOf(text: string, schemes: Readonly<Record<string, Scheme>>): Place {
  const scheme = /^[a-z][a-z0-9+.-]*:/.exec(text)?.[0] ?? "";
  const kind = schemes[scheme];
  if (kind === undefined) throw new SyntaxError(`must start with ${startsOf(schemes)}`);
  if (kind.hosts === undefined) {
    const path = text.slice(scheme.length);
    return { scheme, credentials: "", hosts: [], path, query: new URLSearchParams() };
  }
  const parts = /^\/\/(?:([^/?#]*)@)?([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(
    text.slice(scheme.length),
  );
  if (parts === null) throw new SyntaxError(`must be of the form ${scheme}//host:port`);
  return {
    scheme,
    credentials: parts[1] ?? "",
    hosts: hostsOf(parts[2]!, kind.port),
    path: parts[3] ?? "",
    query: new URLSearchParams(parts[4] ?? ""),
  };
}

/**
 * `b1:9092,[::1]:9092` as hosts and ports.
 *
 * @throws {SyntaxError} In a sentence that begins with "must".
 */
export function hostsOf(text: string, defaultPort?: number): HostPort[] {
  const hosts = text.split(",").map((part) => {
    const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(part.trim());
    if (found === null) throw new SyntaxError("must name hosts as host:port, with commas between");
    const port = found[3] === undefined ? defaultPort : Number(found[3]);
    const host = found[1] ?? found[2]!;
    if (port === undefined) throw new SyntaxError(`must name the port of ${host}`);
    if (port < 1 || port > 65_535) throw new SyntaxError("must have ports from 1 to 65535");
    return { host, port };
  });
  if (new Set(hosts.map(({ host, port }) => `${host} ${port}`)).size < hosts.length) {
    throw new SyntaxError("must not name the same host twice");
  }
  return hosts;
}

function check(found: Place, schemes: Readonly<Record<string, Scheme>>): void {
  const { scheme, credentials, hosts, path, query } = found;
  const kind = schemes[scheme]!;
  if (kind.hosts === undefined) {
    if (kind.path !== undefined && !kind.path.pattern.test(path)) {
      throw new SyntaxError(`must have ${kind.path.must}`);
    }
    return;
  }
  if (credentials !== "" && kind.credentials !== true) {
    throw new SyntaxError(
      `must not carry user or password: ${kind.credentials ?? "none are used"}`,
    );
  }
  if (kind.hosts === "one" && hosts.length > 1) throw new SyntaxError("must name one host");
  const { pattern, must } = kind.path ?? { pattern: /^\/?$/, must: "nothing after the hosts" };
  if (!pattern.test(path)) throw new SyntaxError(`must have ${must}`);
  for (const [name, value] of query) {
    if (!kind.query?.includes(name)) {
      throw new SyntaxError(`must not have the parameter ${JSON.stringify(name)}`);
    }
    if (value === "") throw new SyntaxError(`must give ${JSON.stringify(name)} a value`);
  }
}

/** `memory: or kafka://`. */
function startsOf(schemes: Readonly<Record<string, Scheme>>): string {
  return Object.entries(schemes)
    .map(([name, { hosts }]) => hosts === undefined ? name : `${name}//`).join(" or ");
}
