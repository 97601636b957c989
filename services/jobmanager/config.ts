/**
 * The jobmanager's table of settings.
 *
 * @module
 */
import {
  busProblems,
  busRows,
  commonRows,
  controlProblems,
  controlRows,
  flag,
  healthListen,
  integer,
  nodeCookie,
  nodeGoneAfter,
  nodeUrl,
  nodeZmq,
  poolAddress,
  poolName,
  type Settings,
  stateProblems,
  stateRows,
  text,
  versionMask,
} from "@gopool/config";
import { nodeProblems } from "@gopool/node";
import { addressProblems } from "@gopool/config/payee";

export const coinbaseTag = text(
  "GOPOOL_JOBMANAGER_TAG",
  "the pool's mark in its coinbases; cut where the scriptSig would pass 70 bytes",
  { fallback: "/GoPool/", maxLength: 40, pattern: /^[\x20-\x7e]+$/, must: "printable ASCII" },
);

export const emptyJobs = flag(
  "GOPOOL_JOBMANAGER_EMPTY_JOBS",
  "give miners an empty block's job at once on a new tip, until its template is there",
  { fallback: true },
);

export const feesRosePercent = integer(
  "GOPOOL_JOBMANAGER_FEES_ROSE_PERCENT",
  "make a new job early when the coinbase value rose by this much; 0 never",
  { min: 0, max: 1_000, fallback: 2 },
);

export const soloFeeBasisPoints = integer(
  "GOPOOL_JOBMANAGER_SOLO_FEE_BASIS_POINTS",
  "the pool's fee in coinbases that pay the finder, in hundredths of a percent",
  { min: 0, max: 10_000, fallback: 0 },
);

export const schema = {
  ...commonRows,
  ...busRows,
  ...stateRows,
  nodeUrl,
  nodeCookie,
  nodeGoneAfter,
  nodeZmq,
  poolName,
  poolAddress,
  coinbaseTag,
  emptyJobs,
  feesRosePercent,
  soloFeeBasisPoints,
  versionMask,
  healthListen: healthListen("127.0.0.1:8102"),
  ...controlRows("127.0.0.1:8202"),
};

export const settings: Settings<typeof schema> = {
  schema,
  problems: (found, isBad) => [
    ...busProblems(found, isBad),
    ...stateProblems(found),
    ...nodeProblems(found),
    ...controlProblems(found),
    ...addressProblems(found.poolAddress),
  ],
};
