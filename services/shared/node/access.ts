/**
 * Where a node's RPC answers and what lets us in. The only place that holds credentials: nothing here ends up in
 * a message.
 *
 * @module
 */
import { NodeUnavailable } from "./port.ts";
import type { NodeSettings } from "./settings.ts";

/** How one node is reached. */
export interface Access {
  /** `host:port`, for people. */
  readonly name: string;
  /** The address without credentials. */
  readonly url: string;
  /** Whether a refused login is worth another look at where the credentials come from. */
  readonly canRenew: boolean;
  /**
   * Value of the Authorization header, null where the settings have no credentials. With `renew` the cookie file
   * is read again: the node writes a new one at each start.
   *
   * @throws {NodeUnavailable} The cookie file cannot be read.
   */
  authorization(renew: boolean): Promise<string | null>;
}

const DEFAULT_PORTS: Record<string, string> = { "http:": "80", "https:": "443" };

/** @throws {RangeError} The URL is not http: or https:, or its credentials are not percent-encoded properly. */
export function accessOf(
  settings: NodeSettings,
  readTextFile: (path: string) => Promise<string>,
): Access {
  const { url, cookieFile } = settings;
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined) {
    throw new RangeError(`Cannot reach a node by ${url.protocol}//: must be http:// or https://`);
  }
  const name = `${url.hostname}:${url.port || defaultPort}`;
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  let header: string | null = null;
  if (url.username !== "" || url.password !== "") {
    header = basic(`${plain(url.username, name)}:${plain(url.password, name)}`);
  }
  return {
    name,
    url: bare.href,
    canRenew: header === null && cookieFile !== undefined,
    async authorization(renew) {
      if (cookieFile === undefined || url.username !== "") return header;
      if (header === null || renew) header = basic(await readCookie(cookieFile, name));
      return header;
    },
  };

  async function readCookie(path: string, node: string): Promise<string> {
    try {
      return (await readTextFile(path)).trim();
    } catch (error) {
      header = null;
      throw new NodeUnavailable(
        `Cannot log in to ${node}: cannot read its cookie file ${path} (${reason(error)})`,
        "unauthorized",
        { cause: error },
      );
    }
  }
}

function plain(part: string, node: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // The part itself is a secret: only the place is named.
    throw new RangeError(`Cannot read the credentials for ${node}: a % must be written as %25`);
  }
}

/** RFC 7617, with UTF-8. */
function basic(credentials: string): string {
  return `Basic ${new TextEncoder().encode(credentials).toBase64()}`;
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file; a node writes it when it starts";
  if (error instanceof Deno.errors.PermissionDenied) return "its permissions forbid it";
  if (error instanceof Deno.errors.NotCapable) return "this process may not read it";
  return error instanceof Error ? error.message : String(error);
}
