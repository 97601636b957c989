/**
 * The settings of `deno task ctl`: where the pool is asked, and by which token.
 *
 * @module
 */
import {
  type Config,
  custom,
  dataDir,
  type Field,
  netNeed,
  optional,
  path,
  readsFile,
  type Settings,
  text,
} from "@gopool/config";
import { type Place, placesOf } from "./places.ts";

const addresses: Field<readonly Place[]> = {
  ...custom("GOPOOL_CONTROL_ADDRESSES", "control addresses that the command line asks", {
    takes: "HOST:PORT,…",
    parse: placesOf,
  }),
  needs: (places) => places.map((place) => netNeed("connect", place)),
};

/** A file that is read where it is named. */
const file = (variable: string, help: string) =>
  optional({ ...path(variable, help), needs: readsFile });

export const ctlSchema = {
  /** Absent: those on this machine that answer. */
  addresses: optional(addresses),
  /** Absent: the one in the data folder, where the pool has made one. */
  token: optional(text("GOPOOL_CONTROL_TOKEN", "the caller's token", { secret: true })),
  ca: file("GOPOOL_CONTROL_CA", "certificate of who has signed the servers', where TLS is spoken"),
  clientCert: file("GOPOOL_CONTROL_CLIENT_CERT", "the caller's certificate"),
  clientKey: file("GOPOOL_CONTROL_CLIENT_KEY", "key of the caller's certificate"),
  dataDir: { ...dataDir, needs: (folder: string) => readsFile(tokenFileIn(folder)) },
};

export type CtlConfig = Config<typeof ctlSchema>;

export const ctlSettings: Settings<typeof ctlSchema> = {
  schema: ctlSchema,
  problems: ({ clientCert, clientKey }, isBad) => {
    if ((clientCert === undefined) === (clientKey === undefined)) return [];
    const missing = `GOPOOL_CONTROL_CLIENT_${clientCert === undefined ? "CERT" : "KEY"}`;
    return isBad(missing) ? [] : [`${missing} is missing: certificate and key belong together`];
  },
};

/** Where a pool without tokens of its own keeps the one that it has made. */
export function tokenFileIn(dataDir: string): string {
  return `${dataDir}/control-token`;
}
