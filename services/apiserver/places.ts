/**
 * Who answers a path: the gateway's methods first, then the corners beside them.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { type Gateway, refusal } from "@gopool/control/gateway";
import { type Ttl, ttlOf } from "./ttl.ts";

/** Something that answers some paths. Null: none of its own. */
export interface Corner {
  /** For the metrics. */
  readonly name: string;
  fetch(request: Request): Response | null | Promise<Response | null>;
  /** How long its answers with status 200 to a GET are kept, whatever its query is; absent: they are not. */
  readonly ttl?: Ttl;
  /** Whether a path (without its query) may be one of its own; absent: any. */
  has?(path: string): boolean;
}

/** An answer, and the name in the metrics of what gave it. */
export interface Routed {
  readonly route: string;
  readonly response: Response;
}

export interface Places {
  /** @param client Who asks. @throws A fault of a corner's. */
  answer(request: Request, client: string): Promise<Routed>;
  /**
   * How long the answer to a GET or HEAD is kept; null: it is not.
   *
   * @param path With its query.
   */
  ttlOf(request: Request, path: string): Ttl | null;
  /** Whether a store is asked for the answer, where it is not kept: the files of the page cost next to nothing. */
  isComputed(request: Request): boolean;
  /**
   * What the answer to a GET or HEAD is kept by. A corner reads no query: its answers would be made, and kept, once more
   * for each that somebody makes up.
   *
   * @param path With its query.
   */
  keyOf(path: string): string;
}

/** @param corners Asked in this order after the gateway. */
export function createPlaces(gateway: Gateway, corners: readonly Corner[]): Places {
  return {
    async answer(request, client) {
      const found = gateway.routeOf(request);
      const response = await gateway.fetch(request, { address: client });
      if (response !== null) {
        const route = found === null ? NONE : `${found.method.parent.name}/${found.method.name}`;
        return { route, response };
      }
      const name = nameOf(pathOf(request.url));
      for (const corner of corners) {
        if (corner.has?.(name) === false) continue;
        const given = await corner.fetch(request);
        if (given !== null) return { route: corner.name, response: given };
      }
      const sentence = "there is nothing here: the API is at /api/v1/";
      return { route: NONE, response: refusal(Code.NotFound, sentence, 404) };
    },
    ttlOf(request, path) {
      const found = gateway.routeOf(request);
      if (found !== null) return found.kind === "rest" ? ttlOf(found.method) : null;
      const name = nameOf(path);
      return corners.find((corner) => corner.has?.(name) ?? false)?.ttl ?? null;
    },
    isComputed(request) {
      const found = gateway.routeOf(request);
      if (found !== null) return found.method.methodKind === "unary";
      const name = nameOf(pathOf(request.url));
      return corners.find((one) => one.has?.(name) ?? false)?.ttl !== undefined;
    },
    keyOf(path) {
      const name = nameOf(path);
      return name !== path && corners.some((one) => one.ttl !== undefined && one.has?.(name))
        ? name
        : path;
    },
  };
}

/** Of what nobody answers. */
export const NONE = "none";

/** The path with its query, as it was sent. */
export function pathOf(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("://") + 3));
}

/** Without the query. */
function nameOf(path: string): string {
  const at = path.indexOf("?");
  return at < 0 ? path : path.slice(0, at);
}
