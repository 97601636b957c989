/**
 * blocksubmit has no settings of its own: these rows are shared with other services.
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
  nodeCookie,
  nodeUrl,
  poolName,
  type Settings,
} from "@gopool/config";
import { nodeProblems } from "@gopool/node";

export const schema = {
  ...commonRows,
  ...busRows,
  nodeUrl,
  nodeCookie,
  poolName,
  healthListen: healthListen("127.0.0.1:8104"),
  ...controlRows("127.0.0.1:8204"),
};

export const settings: Settings<typeof schema> = {
  schema,
  problems: (
    found,
    isBad,
  ) => [...busProblems(found, isBad), ...nodeProblems(found), ...controlProblems(found)],
};
