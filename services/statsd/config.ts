/**
 * statsd's table of settings.
 *
 * @module
 */
import {
  busProblems,
  busRows,
  commonRows,
  controlProblems,
  controlRows,
  healthListen,
  poolName,
  seriesProblems,
  seriesRows,
  type Settings,
  stateProblems,
  stateRows,
} from "@gopool/config";

export const schema = {
  ...commonRows,
  ...busRows,
  ...stateRows,
  ...seriesRows,
  poolName,
  healthListen: healthListen("127.0.0.1:8105"),
  ...controlRows("127.0.0.1:8205"),
};

export const settings: Settings<typeof schema> = {
  schema,
  problems: (found, isBad) => [
    ...busProblems(found, isBad),
    ...stateProblems(found),
    ...seriesProblems(found),
    ...controlProblems(found),
  ],
};
