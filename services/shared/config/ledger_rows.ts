/**
 * Rows that name the ledger, and what they say together.
 *
 * @module
 */
import { type Config, type Field, optional } from "./field.ts";
import { integer, path, text } from "./fields.ts";
import { type Need, netNeed, readsFile } from "./needs.ts";
import { type Place, place, placeOf, type Scheme } from "./place_fields.ts";

const POSTGRES: Scheme = {
  hosts: "one",
  port: 5_432,
  credentials: true,
  path: { pattern: /^\/[^/?#]+$/, must: "one name after the host, the database" },
  query: ["sslmode"],
};

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "postgres:": POSTGRES,
  "postgresql:": POSTGRES,
};

const row = place(
  "GOPOOL_LEDGER_URL",
  "the books, PostgreSQL 17: postgres://USER:PASSWORD@HOST/DATABASE, with TLS ?sslmode=verify-full",
  { schemes: SCHEMES, needs: ledgerNeeds },
);

export const ledgerUrl: Field<string> = {
  ...row,
  parse(value) {
    row.parse(value);
    const { credentials, query } = ledgerPlace(value);
    if (/^(:|$)/.test(credentials)) {
      throw new SyntaxError("must name a user: postgres://USER@HOST/…");
    }
    // The other modes of PostgreSQL's own programs encrypt by chance, or do not ask who the server is.
    if (!["disable", "verify-full"].includes(query.get("sslmode") ?? "disable")) {
      throw new SyntaxError("must have the sslmode disable or verify-full");
    }
    return value;
  },
};

/** The URL taken apart. @throws {SyntaxError} */
export function ledgerPlace(url: string): Place {
  return placeOf(url, SCHEMES);
}

/** What a process that opens this ledger needs. */
export function ledgerNeeds(url: string): Need[] {
  return ledgerPlace(url).hosts.map((host) => netNeed("connect", host));
}

/** All that a service needs to open a ledger elsewhere. */
export const ledgerRows = {
  ledgerUrl,
  ledgerPassword: optional(
    text("GOPOOL_LEDGER_PASSWORD", "password for the ledger, where it is not in the URL", {
      takes: "WORD",
      secret: true,
    }),
  ),
  ledgerCa: optional({
    ...path("GOPOOL_LEDGER_CA", "file with the certificates that the ledger's is signed by, PEM"),
    needs: readsFile,
  }),
  ledgerConnections: integer(
    "GOPOOL_LEDGER_CONNECTIONS",
    "most connections of this process to the ledger",
    // Two are the least with which shares go on while money moves; a server has about a hundred for everybody.
    { min: 2, max: 64, fallback: 8 },
  ),
};

export type LedgerSettings = Config<typeof ledgerRows>;

/** Of the server that runs beside the pool where GOPOOL_LEDGER_URL names none. */
export const ledgerPort: Field<number> = integer(
  "GOPOOL_LEDGER_PORT",
  "port of the embedded ledger's PostgreSQL on 127.0.0.1",
  // Not PostgreSQL's own: the machine may have one.
  { min: 1, max: 65_535, fallback: 15_432 },
);

/** What rows about the ledger contradict, in sentences. Rows that could not be read are left out. */
export function ledgerProblems(
  { ledgerUrl: url, ledgerPassword, ledgerCa }: Partial<LedgerSettings>,
  isBad: (variable: string) => boolean = () => false,
): string[] {
  const problems: string[] = [];
  if (url === undefined) {
    if (isBad("GOPOOL_LEDGER_URL")) return [];
    for (const [name, value] of [["PASSWORD", ledgerPassword], ["CA", ledgerCa]] as const) {
      if (value === undefined) continue;
      problems.push(`GOPOOL_LEDGER_${name} is set, but no ledger: GOPOOL_LEDGER_URL is missing`);
    }
    return problems;
  }
  const { credentials, query } = ledgerPlace(url);
  if (ledgerPassword !== undefined && credentials.includes(":")) {
    problems.push(
      "GOPOOL_LEDGER_PASSWORD is set, but GOPOOL_LEDGER_URL has a password: which one?",
    );
  }
  if (ledgerCa !== undefined && query.get("sslmode") !== "verify-full") {
    problems.push(
      "GOPOOL_LEDGER_CA is set, but GOPOOL_LEDGER_URL asks for no TLS (?sslmode=verify-full)",
    );
  }
  return problems;
}
