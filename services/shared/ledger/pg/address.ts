/**
 * A ledger's URL taken apart: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`.
 *
 * @module
 */

export interface PgAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** The server's certificate is checked, and its name. */
  readonly tls: boolean;
}

/** Registered by IANA for PostgreSQL. */
const DEFAULT_PORT = 5432;

/**
 * @throws {TypeError} In a sentence, without the URL: it may carry a password.
 */
export function addressOf(text: string): PgAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("The ledger's URL must be of the form postgres://USER@HOST:PORT/DATABASE");
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new TypeError("The ledger's URL must begin with postgres://");
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === "" || database.includes("/")) {
    throw new TypeError("The ledger's URL must name a database: postgres://HOST/DATABASE");
  }
  const user = decodeURIComponent(url.username);
  if (user === "") throw new TypeError("The ledger's URL must name a user: postgres://USER@HOST/…");
  for (const name of url.searchParams.keys()) {
    if (name !== "sslmode") throw new TypeError(`The ledger's URL must not have ${name}=`);
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1",
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    user,
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
    database,
    tls: tlsOf(url.searchParams.get("sslmode") ?? "disable"),
  };
}

/**
 * Two of libpq's six: the others either encrypt by chance or do not ask who the server is, and whoever stands between
 * could then read and change what is paid.
 */
function tlsOf(mode: string): boolean {
  if (mode !== "disable" && mode !== "verify-full") {
    throw new TypeError("The ledger's sslmode must be disable or verify-full");
  }
  return mode === "verify-full";
}

/** For people: `127.0.0.1:5432/gopool`. */
export function nameOf({ host, port, database }: PgAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
}
