/**
 * Where a Redis is, as its URL says:
 *
 *     redis://[user[:password]@]host[:port][/db][?prefix=P]        rediss:// the same over TLS
 *     redis+sentinel://[user[:password]@]host[:port],host[:port]/master[/db][?prefix=P&nodes=host:port,host:port]
 *     rediss+sentinel:// the same over TLS, Sentinels and servers alike
 *
 * User and password are percent-encoded, and the server's; Sentinels get theirs by options. `nodes` names the
 * servers that Sentinels may send us to: nothing but the permissions of the process needs it.
 *
 * @module
 */

export interface Place {
  readonly hostname: string;
  readonly port: number;
}

export interface RedisAddress {
  readonly tls: boolean;
  /** The server; with a master's name: the Sentinels that know where it is. At least one. */
  readonly places: readonly Place[];
  /** The name by which Sentinels know the server; undefined without Sentinels. */
  readonly master: string | undefined;
  /** Servers that Sentinels may name, as far as the URL says. */
  readonly nodes: readonly Place[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  /** Stands before every key, so that several pools or tests can share one server. */
  readonly prefix: string;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

const SHAPE = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/?]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/;
const PARAMETERS = ["prefix", "nodes"];

/** @throws {TypeError} Saying what is wrong, without user and password. */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme, sentinel, user, hosts, path, query] = SHAPE.exec(url) ?? wrong(
    "it must read redis://host:port/db or redis+sentinel://host:port,host:port/master/db",
  );
  const isSentinel = sentinel !== undefined;
  const steps = (path ?? "").split("/").slice(1).filter((step) => step !== "").map(decoded);
  const master = isSentinel ? steps.shift() : undefined;
  if (isSentinel && master === undefined) {
    wrong("after the Sentinels it must name the master, as redis+sentinel://host:port/mymaster");
  }
  const [db = "0", ...rest] = steps;
  if (!/^\d{1,5}$/.test(db) || rest.length > 0) wrong("its database must be a number, as /0");
  const places = placesIn(hosts!, isSentinel ? SENTINEL_PORT : REDIS_PORT);
  if (!isSentinel && places.length > 1) {
    wrong("one server is named by redis://; several Sentinels by redis+sentinel://");
  }
  const parameters = new URLSearchParams(query ?? "");
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      wrong(`"${name}" is not known there: only ${PARAMETERS.join(" and ")}`);
    }
  }
  const nodes = parameters.get("nodes");
  const [, username, , password] = /^([^:]*)(:(.*))?$/.exec(user ?? "")!;
  return {
    tls: scheme === "rediss",
    places,
    master,
    nodes: nodes === null ? [] : placesIn(nodes, REDIS_PORT),
    username: username ? decoded(username) : undefined,
    password: password ? decoded(password) : undefined,
    db: Number(db),
    prefix: parameters.get("prefix") ?? "",
  };
}

/**
 * The hosts and ports that a process needs to reach for its state: for the launcher, which turns them into
 * permissions. None for `memory:`.
 *
 * @throws {TypeError} The URL is none of a state.
 */
export function placesOf(stateUrl: string): Place[] {
  if (!/^rediss?(\+sentinel)?:/.test(stateUrl)) {
    if (stateUrl.startsWith("memory:")) return [];
    const scheme = stateUrl.slice(0, stateUrl.indexOf(":") + 1);
    throw new TypeError(
      `Cannot open state at "${scheme}": memory:, redis:, rediss: and redis+sentinel: are known`,
    );
  }
  const { places, nodes } = parseRedisUrl(stateUrl);
  return [...places, ...nodes];
}

/** For people and logs: where it is, never who may enter. */
export function describe({ places, master, tls, db }: RedisAddress): string {
  const where = places.map(placeText).join(",");
  const name = master === undefined ? where : `"${master}" by the Sentinels ${where}`;
  return `Redis ${name}${db === 0 ? "" : `, database ${db}`}${tls ? " over TLS" : ""}`;
}

function placesIn(text: string, defaultPort: number): Place[] {
  return text.split(",").map((one) => {
    const [, v6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(one) ??
      wrong(`"${one}" is no host:port`);
    const number = port === undefined ? defaultPort : Number(port);
    if (number < 1 || number > 65_535) wrong(`"${one}" has no port from 1 to 65535`);
    return { hostname: v6 ?? name!, port: number };
  });
}

function placeText({ hostname, port }: Place): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    wrong("a % in it does not begin a percent-encoded byte");
  }
}

function wrong(why: string): never {
  throw new TypeError(`Cannot open state at this URL: ${why}`);
}
