/**
 * apiserver's table of settings.
 *
 * @module
 */
import { type Network, NETWORKS } from "@gopool/chain";
import {
  busProblems,
  busRows,
  choice,
  commonRows,
  type Config,
  controlProblems,
  controlRows,
  type Field,
  healthListen,
  ledgerProblems,
  ledgerRows,
  path,
  poolName,
  readsFile,
  seriesProblems,
  seriesRows,
  type Settings,
  stateProblems,
  stateRows,
} from "@gopool/config";
import { apiProblems, apiRows } from "./api_rows.ts";

/** It asks no node, and is to answer while the ledger, which knows it too, is away. */
const network: Field<Network> = choice(
  "GOPOOL_API_NETWORK",
  "the chain that is mined, as the ledger has it: addresses of another are refused",
  { of: NETWORKS as readonly [Network, ...Network[]], fallback: "main" },
);

const page: Field<string> = {
  ...path("GOPOOL_API_PAGE", "folder of the built web page; what is not there is not served", {
    fallback: "./data/page",
  }),
  needs: readsFile,
};

export const schema = {
  ...commonRows,
  ...busRows,
  ...stateRows,
  ...seriesRows,
  ...ledgerRows,
  poolName,
  network,
  page,
  ...apiRows,
  healthListen: healthListen("127.0.0.1:8107"),
  ...controlRows("127.0.0.1:8207"),
};

export type ApiserverConfig = Config<typeof schema>;

export const settings: Settings<typeof schema> = {
  schema,
  problems: (found, isBad) => [
    ...busProblems(found, isBad),
    ...stateProblems(found),
    ...seriesProblems(found),
    ...ledgerProblems(found, isBad),
    ...controlProblems(found),
    ...apiProblems(found),
  ],
};
