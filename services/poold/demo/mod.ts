/**
 * What stands in for the world outside when no node is named: a simulated node, and a miner.
 *
 * @module
 */
import { canonicalAddress, type Network } from "@gopool/chain";
import { PortTaken, type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { aborted, type Clock, FatalError, type Logger, type Random } from "@gopool/runtime";
import type { PooldConfig } from "../config.ts";
import { createDemoMiner, type DemoMiner } from "./miner.ts";
import { demoTarget } from "./target.ts";

interface DemoDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Seconds between blocks that the simulated node aims at: often enough to watch them mature and be paid out. */
const PACE_SECONDS = 20;
/** A template with some branches, and little work for the node. */
const TRANSACTIONS = { min: 4, max: 40 } as const;

/** @throws {FatalError} Its port is taken. */
export async function simulatedNode(
  { dataDir, simulatedPort }: PooldConfig,
  maturity: number,
  { clock, random, log }: DemoDeps,
): Promise<SimulatedNode> {
  try {
    return await startSimulatedNode({
      dataDir: `${dataDir}/simulated-node`,
      port: simulatedPort,
      // Loopback only, and for this chain only: there is nothing to guard.
      user: "pool",
      password: "simulated",
      difficulty: { paceSeconds: PACE_SECONDS },
      maturity,
      transactionsPerBlock: TRANSACTIONS,
      clock,
      random,
      log: log.with({ part: "simulated-node" }),
    });
  } catch (error) {
    const hint = error instanceof PortTaken
      ? "; name another with GOPOOL_SIMULATED_NODE_PORT, or stop what listens there"
      : "";
    throw new FatalError(`Cannot start the simulated node: ${(error as Error).message}${hint}`, {
      cause: error,
    });
  }
}

/** The demo miner; connects once the gateway listens. */
export function demoService(
  config: PooldConfig,
  deps: DemoDeps & { readonly network: Network; readonly listening: Promise<number> },
): DemoMiner {
  const log = deps.log.with({ part: "demo-miner" });
  const script = Uint8Array.from([0x00, 0x14, ...new TextEncoder().encode("gopool's demo miner!")]);
  const address = canonicalAddress(script, deps.network)!;
  let { host, port } = demoTarget(config);
  const miner = createDemoMiner({
    ...deps,
    log,
    options: () => ({ host, port, username: `${address}.demo`, userAgent: "cpuminer-demo/1.0" }),
  });
  return {
    ...miner,
    async run(signal) {
      port = await Promise.race([deps.listening, aborted(signal).then(() => port)]);
      await miner.run(signal);
    },
  };
}
