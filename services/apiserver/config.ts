/**
 * apiserver's table of settings.
 *
 * @module
 */
import {
  busProblems,
  busRows,
  commonRows,
  type Config,
  controlProblems,
  controlRows,
  healthListen,
  ledgerProblems,
  ledgerRows,
  poolName,
  type Settings,
  stateProblems,
  stateRows,
} from "@gopool/config";
import { apiProblems, apiRows } from "./api_rows.ts";

export const schema = {
  ...commonRows,
  ...busRows,
  ...stateRows,
  ...ledgerRows,
  poolName,
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
    ...ledgerProblems(found, isBad),
    ...controlProblems(found),
    ...apiProblems(found),
  ],
};
