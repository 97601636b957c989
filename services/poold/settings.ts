/**
 * poold's settings as a whole: each row by itself, and what two rows say together.
 *
 * @module
 */
import {
  busProblems,
  controlProblems,
  ledgerProblems,
  readChecked,
  seriesProblems,
  type Settings,
  type Sources,
  stateProblems,
} from "@gopool/config";
import { apiProblems } from "@gopool/apiserver/api_rows";
import { addressProblems } from "@gopool/config/payee";
import { nodeProblems } from "@gopool/node";
import { contradictions as payoutdProblems } from "@gopool/payoutd/config";
import { type PooldConfig, schema } from "./config.ts";

export const settings: Settings<typeof schema> = {
  schema,
  problems: (found, isBad) => [
    ...busProblems(found, isBad),
    ...stateProblems(found),
    ...ledgerProblems(found, isBad),
    ...controlProblems(found),
    ...seriesProblems(found),
    ...apiProblems(found),
    ...contradictions(found, isBad),
    ...nodeProblems(found),
    ...addressProblems(found.poolAddress),
    ...payoutdProblems(found),
  ],
};

/**
 * Reads the table and checks it.
 *
 * @throws {ConfigError} With every mistake, in sentences.
 * @throws {HelpRequested} `--help` stands among the arguments.
 */
export function readSettings(from: Sources): PooldConfig {
  return readChecked("poold", settings, from);
}

function contradictions(
  { nodeUrl, nodeCookie, nodeZmq, poolAddress }: Partial<PooldConfig>,
  isBad: (variable: string) => boolean,
): string[] {
  const problems: string[] = [];
  if (nodeUrl === undefined && !isBad("GOPOOL_NODE_URL")) {
    for (const [variable, value] of Object.entries({ COOKIE: nodeCookie, ZMQ: nodeZmq })) {
      if (value === undefined) continue;
      problems.push(`GOPOOL_NODE_${variable} is set, but no node: GOPOOL_NODE_URL is missing`);
    }
  }
  if (nodeUrl !== undefined) {
    if (poolAddress === undefined && !isBad("GOPOOL_POOL_ADDRESS")) {
      problems.push(
        "GOPOOL_POOL_ADDRESS is required with GOPOOL_NODE_URL: the address that the pool's coinbases pay to",
      );
    }
  }
  return problems;
}
