/**
 * The rows that are the public API's own: of apiserver, and of the pool in one process.
 *
 * @module
 */
import {
  choice,
  type Config,
  custom,
  type Field,
  hostPort,
  integer,
  optional,
  path,
  readsFile,
  text,
  url,
} from "@gopool/config";
import { parseCidr, type TrustedNet } from "./proxies.ts";

/** Origins, proxies and addresses to show are a handful. */
const ENTRIES_MAX = 100;

function list<T>(value: string, of: (part: string) => T): T[] {
  const parts = value.split(",").map((part) => part.trim());
  if (parts.includes("")) throw new SyntaxError("must be entries with one comma between them");
  if (parts.length > ENTRIES_MAX) {
    throw new RangeError(`must have no more than ${ENTRIES_MAX} entries`);
  }
  return parts.map(of);
}

const origins = custom<"*" | readonly string[]>(
  "GOPOOL_API_ORIGINS",
  "web pages that may ask the API from a browser: * for all, none, or origins, comma-separated",
  {
    takes: "*|none|ORIGIN,…",
    // Nothing in the answers depends on who asks, and no cookie is known: any page may show them.
    fallback: "*",
    parse(value) {
      if (value === "*") return "*";
      if (value === "none") return [];
      return list(value, (part) => {
        const found = URL.parse(part);
        if (found === null || !/^https?:$/.test(found.protocol) || found.origin !== part) {
          throw new SyntaxError("must be origins such as https://stats.example:8443");
        }
        return part;
      });
    },
  },
);

const trustedProxies = custom<readonly TrustedNet[]>(
  "GOPOOL_API_TRUSTED_PROXIES",
  "proxies whose word about the client's address is believed (X-Forwarded-For, Forwarded)",
  {
    takes: "ADDRESS|ADDRESS/BITS,…",
    fallback: "none",
    parse: (value) => value === "none" ? [] : list(value, parseCidr),
  },
);

const stratumUrls = optional(custom<readonly string[]>(
  "GOPOOL_API_STRATUM_URLS",
  "where miners connect, as the page shows it; not set: the page says to ask the operator",
  {
    takes: "URL,…",
    parse: (value) =>
      list(value, (part) => {
        const found = URL.parse(part);
        const known = ["stratum+tcp:", "stratum+ssl:", "stratum+tls:"];
        if (found === null || !known.includes(found.protocol) || found.port === "") {
          throw new SyntaxError("must be such as stratum+tcp://pool.example:3333");
        }
        return part;
      }),
  },
));

/** How much of an account's address the public is shown where it is not asked for by name. */
export type Finders = "full" | "short" | "hidden";

export const apiRows = {
  apiListen: hostPort("GOPOOL_API_LISTEN", "the public API and the web page: HTTP", {
    fallback: "127.0.0.1:8080",
  }),
  apiOrigins: origins,
  apiTrustedProxies: trustedProxies,
  apiRate: integer(
    "GOPOOL_API_RATE",
    "requests a second that one client may make for long, over all instances; one whose answer has to be computed counts as five; 0: any number",
    // A page asks for half a dozen things when it is opened and two each minute.
    { min: 0, max: 100_000, fallback: 10 },
  ),
  apiBurst: integer(
    "GOPOOL_API_BURST",
    "requests that one client may make at once after a pause",
    { min: 1, max: 1_000_000, fallback: 200 },
  ),
  apiStratumUrls: stratumUrls,
  apiFinders: choice(
    "GOPOOL_API_FINDERS",
    "addresses of finders and top miners as the public sees them",
    { of: ["full", "short", "hidden"], fallback: "full" },
  ),
  apiPayoutd: optional(url(
    "GOPOOL_API_PAYOUTD",
    "payoutd's control address, for miners' signed changes of their settings; not set: none are taken",
    { schemes: ["http:", "https:"] },
  )),
  apiPayoutdToken: optional(text(
    "GOPOOL_API_PAYOUTD_TOKEN",
    "token with the role settings at payoutd",
    { takes: "TOKEN", secret: true, maxLength: 256 },
  )),
  apiPayoutdCa: file(
    "GOPOOL_API_PAYOUTD_CA",
    "file with the certificates that payoutd's is signed by, PEM",
  ),
};

export type ApiConfig = Config<typeof apiRows>;

/** What the rows contradict, in sentences. Rows that could not be read are left out. */
export function apiProblems(found: Partial<ApiConfig>): string[] {
  const { apiPayoutd: payoutd, apiPayoutdToken: token, apiPayoutdCa: ca } = found;
  const problems: string[] = [];
  if (payoutd !== undefined && token === undefined) {
    problems.push(
      "GOPOOL_API_PAYOUTD needs GOPOOL_API_PAYOUTD_TOKEN, a token with the role settings there",
    );
  }
  if (payoutd === undefined && token !== undefined) {
    problems.push("GOPOOL_API_PAYOUTD_TOKEN is set, but GOPOOL_API_PAYOUTD is missing");
  }
  if (ca !== undefined && payoutd?.protocol !== "https:") {
    problems.push(
      "GOPOOL_API_PAYOUTD_CA is set, but GOPOOL_API_PAYOUTD asks for no TLS (https://)",
    );
  }
  const { apiRate: rate, apiBurst: burst } = found;
  if (rate !== undefined && burst !== undefined && rate > burst) {
    problems.push(
      `GOPOOL_API_RATE=${rate} is above GOPOOL_API_BURST=${burst}: a second's requests must fit in it`,
    );
  }
  return problems;
}

function file(variable: string, help: string): Field<string | undefined> {
  return optional({ ...path(variable, help), needs: readsFile });
}
