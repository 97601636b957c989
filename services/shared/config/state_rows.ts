/**
 * Rows that name the shared state, and what they say together.
 *
 * @module
 */
import { type Config, type Field, optional } from "./field.ts";
import { path, text } from "./fields.ts";
import { type Need, netNeed, readsFile } from "./needs.ts";
import { hostsOf, place, placeOf, type Scheme } from "./place_fields.ts";

const REDIS: Scheme = {
  hosts: "one",
  port: 6_379,
  credentials: true,
  path: { pattern: /^\/?\d{0,3}$/, must: "nothing after the host but /NUMBER, the database" },
  query: ["prefix"],
};

const SENTINEL: Scheme = {
  hosts: "several",
  port: 26_379,
  credentials: true,
  path: {
    pattern: /^\/[^/?#]+(\/\d{1,3})?$/,
    must: "the master's name after the Sentinels, as /mymaster",
  },
  // The Sentinels say where the servers are, but who may be reached is decided before anybody is asked.
  query: ["prefix", "nodes"],
};

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "memory:": {},
  "redis:": REDIS,
  "rediss:": REDIS,
  "redis+sentinel:": SENTINEL,
  "rediss+sentinel:": SENTINEL,
};

export const stateUrl: Field<string> = place(
  "GOPOOL_STATE_URL",
  "shared state (leases, sessions, caches); memory: is one process's alone: redis://HOST:PORT, rediss://…, redis+sentinel://HOST:PORT,…/MASTER?nodes=HOST:PORT,…",
  { schemes: SCHEMES, fallback: "memory:", needs: stateNeeds },
);

/** What a process that opens this state needs. */
export function stateNeeds(url: string): Need[] {
  const { hosts, query } = placeOf(url, SCHEMES);
  const nodes = query.get("nodes");
  const all = nodes === null ? hosts : [...hosts, ...hostsOf(nodes, REDIS.port)];
  return all.map((host) => netNeed("connect", host));
}

/** All that a service needs to open the state. */
export const stateRows = {
  stateUrl,
  stateCa: file("GOPOOL_STATE_CA", "file with the certificates that the Redis's is signed by, PEM"),
  stateCert: file(
    "GOPOOL_STATE_CERT",
    "file with this client's own certificate for the Redis, PEM",
  ),
  stateKey: file("GOPOOL_STATE_KEY", "file with the key of that certificate, PEM"),
  stateSentinelUser: optional(
    text("GOPOOL_STATE_SENTINEL_USER", "user name for the Sentinels", { takes: "NAME" }),
  ),
  stateSentinelPassword: optional(
    text("GOPOOL_STATE_SENTINEL_PASSWORD", "password for the Sentinels", {
      takes: "WORD",
      secret: true,
    }),
  ),
};

export type StateSettings = Config<typeof stateRows>;

/** What rows about the state contradict, in sentences. Rows that could not be read are left out. */
export function stateProblems(found: Partial<StateSettings>): string[] {
  const { stateUrl: url, stateCa, stateCert, stateKey } = found;
  const problems: string[] = [];
  if ((stateCert === undefined) !== (stateKey === undefined)) {
    problems.push("GOPOOL_STATE_CERT and GOPOOL_STATE_KEY belong together: one is missing");
  }
  if (url !== undefined && !url.startsWith("rediss")) {
    for (const [name, value] of [["CA", stateCa], ["CERT", stateCert]] as const) {
      if (value === undefined) continue;
      problems.push(
        `GOPOOL_STATE_${name} is set, but GOPOOL_STATE_URL asks for no TLS (rediss://)`,
      );
    }
  }
  return problems;
}

function file(variable: string, help: string): Field<string | undefined> {
  return optional({ ...path(variable, help), needs: readsFile });
}

/**
 * What is to be said where processes that speak over brokers each have a state of their own; null where that is not so.
 * One gateway with one job manager may: a small pool needs no Redis.
 */
export function memoryStateNote(
  { busUrl, stateUrl }: { readonly busUrl: string; readonly stateUrl: string },
): string | null {
  if (!busUrl.startsWith("kafka:") || !stateUrl.startsWith("memory:")) return null;
  return "GOPOOL_STATE_URL is memory:, this process's alone: right for one gateway and one job manager, wrong for more";
}
