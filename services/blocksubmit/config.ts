/**
 * blocksubmit has no settings of its own: these rows are shared with other services.
 *
 * @module
 */
import { busRows, commonRows, healthListen, nodeCookie, nodeUrl, poolName } from "@gopool/config";

export const schema = {
  ...commonRows,
  ...busRows,
  nodeUrl,
  nodeCookie,
  poolName,
  healthListen: healthListen("127.0.0.1:8104"),
};
