/**
 * blocksubmit has no settings of its own: these rows are shared with other services.
 *
 * @module
 */
import { busUrl, commonRows, nodeCookie, nodeUrl, poolName, sharePartitions } from "@gopool/config";

export const schema = {
  ...commonRows,
  busUrl,
  sharePartitions,
  nodeUrl,
  nodeCookie,
  poolName,
};
