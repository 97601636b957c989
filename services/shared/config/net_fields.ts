/**
 * Rows that name places on the network.
 *
 * @module
 */
import { type Common, type Field, field } from "./field.ts";
import { row } from "./fields.ts";
import { type Need, netNeed } from "./needs.ts";

interface UrlOptions extends Common {
  /** With their colon: `["kafka:", "memory:"]`. */
  readonly schemes: readonly string[];
}

/** URL with one of the given schemes, e.g. `kafka:` or `memory:`. */
export function url(variable: string, help: string, o: UrlOptions): Field<URL> {
  return field({
    ...row(variable, help, "URL", o),
    credentials: true,
    parse: (text) => parseUrl(text, o.schemes),
    needs: urlNeeds,
  });
}

/** Comma-separated URLs, at least one, none twice. */
export function urlList(variable: string, help: string, o: UrlOptions): Field<readonly URL[]> {
  return field({
    ...row(variable, help, "URL,…", o),
    credentials: true,
    parse(text) {
      const parts = text.split(",").map((part) => part.trim());
      if (parts.includes("")) throw new SyntaxError("must be URLs with one comma between them");
      const urls = parts.map((part) => parseUrl(part, o.schemes));
      if (new Set(urls.map((u) => u.protocol + u.host + u.pathname)).size < urls.length) {
        throw new RangeError("must not name the same place twice");
      }
      return urls;
    },
    needs: (urls) => urls.flatMap(urlNeeds),
  });
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

function urlNeeds({ hostname, port, protocol }: URL): Need[] {
  if (hostname === "") return [];
  // The address of an IPv6 host stands in brackets in a URL.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return [netNeed("connect", { host, port: Number(port || DEFAULT_PORTS[protocol] || 0) })];
}

function parseUrl(text: string, schemes: readonly string[]): URL {
  const starts = schemes.map((scheme) => FILE_LIKE.has(scheme) ? scheme : `${scheme}//`);
  const must = `must start with ${starts.join(" or ")}`;
  const parsed = URL.parse(text);
  if (parsed === null) {
    throw new SyntaxError(schemes.some((s) => text.startsWith(s)) ? "must be a URL" : must);
  }
  // "localhost:8332" parses as a URL of the scheme "localhost:".
  if (!schemes.includes(parsed.protocol)) throw new RangeError(must);
  if (!FILE_LIKE.has(parsed.protocol) && parsed.hostname === "") {
    throw new SyntaxError("must name a host");
  }
  return parsed;
}

/** Schemes without a host. */
const FILE_LIKE = new Set(["memory:", "sqlite:", "embedded:", "file:"]);

export interface HostPort {
  /** A name or an address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** `host:port` to listen on or to reach; `:port` means every interface. Port 0: any that is free. */
export function hostPort(variable: string, help: string, o: Common = {}): Field<HostPort> {
  return field({
    ...row(variable, help, "HOST:PORT", o),
    parse: parseHostPort,
    needs: (address) => [netNeed("listen", address)],
  });
}

function parseHostPort(text: string): HostPort {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text);
  if (parts === null) throw new SyntaxError("must be host:port ([address]:port for IPv6)");
  const port = Number(parts[3]);
  if (port > 65_535) throw new RangeError("must have a port from 0 to 65535");
  const host = parts[1] ?? parts[2]!;
  return { host: host === "" ? "0.0.0.0" : host, port };
}
