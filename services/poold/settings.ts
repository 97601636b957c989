/**
 * poold's settings as a whole: each row by itself, and what two rows say together.
 *
 * @module
 */
import { busProblems, ConfigError, readConfig, readSome, type Sources } from "@gopool/config";
import { type Network, scriptOfAddress } from "@gopool/chain";
import { pairNodes } from "@gopool/node";
import { type PooldConfig, schema } from "./config.ts";

const NAME = "poold";

/**
 * Reads the table and checks it.
 *
 * @throws {ConfigError} With every mistake, in sentences.
 * @throws {HelpRequested} `--help` stands among the arguments.
 */
export function readSettings(from: Sources): PooldConfig {
  const problems: string[] = [];
  let config: PooldConfig | undefined;
  try {
    config = readConfig(NAME, schema, from);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  const found = readSome(schema, from);
  // A row that could not be read has been complained of; that it seems to be missing is no second mistake.
  const isBad = (variable: string) => problems.some((problem) => problem.includes(variable));
  problems.push(...busProblems(found), ...contradictions(found, isBad));
  if (config === undefined || problems.length > 0) throw new ConfigError(NAME, problems);
  return config;
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
    problems.push(...unpaired(nodeUrl, nodeCookie, nodeZmq));
  }
  if (poolAddress !== undefined && !isAddress(poolAddress)) {
    problems.push(
      `GOPOOL_POOL_ADDRESS=${
        JSON.stringify(poolAddress)
      } is an address of no network: a letter may be wrong`,
    );
  }
  return problems;
}

function unpaired(
  urls: readonly URL[],
  cookie: string | undefined,
  zmq: readonly URL[] | undefined,
): string[] {
  try {
    pairNodes(urls, cookie === undefined ? [] : [cookie], zmq?.map(({ href }) => href));
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [`GOPOOL_NODE_URL and what belongs to it do not fit: ${error.message}`];
  }
}

const NETWORKS: readonly Network[] = ["main", "testnet3", "testnet4", "signet", "regtest"];

/** Which network it must be of is not known before the node has been asked. */
function isAddress(text: string): boolean {
  return NETWORKS.some((network) => {
    try {
      scriptOfAddress(text, network);
      return true;
    } catch {
      return false;
    }
  });
}
