/**
 * The row that names the shared state.
 *
 * @module
 */
import type { Field } from "./field.ts";
import { type Need, netNeed } from "./needs.ts";
import { hostsOf, place, placeOf, type Scheme } from "./place_fields.ts";

const DATABASE = /^\/?\d{0,3}$/;
const REDIS: Scheme = {
  hosts: "one",
  port: 6_379,
  credentials: true,
  path: { pattern: DATABASE, must: "nothing after the host but /NUMBER, the database" },
  query: ["prefix"],
};

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "memory:": {},
  "redis:": REDIS,
  "rediss:": REDIS,
  "redis+sentinel:": {
    hosts: "several",
    port: 26_379,
    credentials: true,
    path: {
      pattern: /^\/[A-Za-z0-9._-]+(\/\d{1,3})?$/,
      must: "the master's name after the sentinels, as /mymaster",
    },
    // The sentinels say where the servers are, but who may be reached is decided before anybody is asked.
    query: ["prefix", "servers"],
  },
};

export const stateUrl: Field<string> = place(
  "GOPOOL_STATE_URL",
  "shared state (leases, sessions, caches): redis://HOST:PORT, rediss://…, redis+sentinel://HOST:PORT,…/MASTER?servers=HOST:PORT,…",
  { schemes: SCHEMES, fallback: "memory:", needs: stateNeeds },
);

/** What a process that opens this state needs. */
export function stateNeeds(url: string): Need[] {
  const { hosts, query } = placeOf(url, SCHEMES);
  const servers = query.get("servers");
  const all = servers === null ? hosts : [...hosts, ...hostsOf(servers, REDIS.port)];
  return all.map((host) => netNeed("connect", host));
}
