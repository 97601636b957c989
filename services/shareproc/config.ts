/**
 * The judge's settings; those it shares with other services are rows of @gopool/config.
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
  optional,
  poolName,
  roadBlocksubmit,
  roadProblems,
  type Settings,
  text,
} from "@gopool/config";

export const logEpoch = optional(text(
  "GOPOOL_SHAREPROC_LOG_EPOCH",
  "name of this log's epoch; change it when the share topics were made again on the same bus",
  {
    takes: "NAME",
    maxLength: 32,
    pattern: /^[a-z0-9-]*$/,
    must: "small letters, digits and dashes",
  },
));

export const schema = {
  ...commonRows,
  ...busRows,
  poolName,
  logEpoch,
  roadBlocksubmit,
  healthListen: healthListen("127.0.0.1:8103"),
  ...controlRows("127.0.0.1:8203"),
};

export const settings: Settings<typeof schema> = {
  schema,
  problems: (
    found,
    isBad,
  ) => [...busProblems(found, isBad), ...controlProblems(found), ...roadProblems(found)],
};
