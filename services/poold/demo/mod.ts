/**
 * What stands in for the world outside when no node is named: a simulated node, and a miner.
 *
 * @module
 */
import { canonicalAddress, type Network } from "@gopool/chain";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { type Clock, FatalError, type Logger, type Random } from "@gopool/runtime";
import type { PooldConfig } from "../config.ts";
import { createDemoMiner, type DemoMiner } from "./miner.ts";

interface DemoDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Seconds between blocks that the simulated node aims at: often enough to watch. */
const PACE_SECONDS = 35;
/** A template with some branches, and little work for the node. */
const TRANSACTIONS = { min: 4, max: 40 } as const;

/** @throws {FatalError} Its port is taken. */
export async function simulatedNode(
  { dataDir, simulatedPort }: PooldConfig,
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
      transactionsPerBlock: TRANSACTIONS,
      clock,
      random,
      log: log.with({ part: "simulated-node" }),
    });
  } catch (error) {
    throw new FatalError(`Cannot start the simulated node: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The demo miner; connects once the gateway listens. */
export function demoService(
  { stratumListen }: PooldConfig,
  deps: DemoDeps & { readonly network: Network; readonly listening: Promise<number> },
): DemoMiner {
  const log = deps.log.with({ part: "demo-miner" });
  const script = Uint8Array.from([0x00, 0x14, ...new TextEncoder().encode("gopool's demo miner!")]);
  const address = canonicalAddress(script, deps.network)!;
  const miner = createDemoMiner({
    ...deps,
    log,
    options: {
      host: "127.0.0.1",
      port: stratumListen.port,
      username: `${address}.demo`,
      userAgent: "cpuminer-demo/1.0",
    },
  });
  return {
    ...miner,
    async run(signal) {
      await Promise.race([deps.listening, new Promise((r) => signal.addEventListener("abort", r))]);
      await miner.run(signal);
    },
  };
}
