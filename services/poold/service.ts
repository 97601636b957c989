/**
 * The whole pool in one process: the services on their in-process adapters, each restarted by itself when it fails.
 *
 * @module
 */
import { createBlocksubmit } from "@gopool/blocksubmit";
import { type Bus, BusNotOpened, openBus } from "@gopool/bus";
import { canonicalAddress, type Network, scriptOfAddress } from "@gopool/chain";
import { createJobmanager } from "@gopool/jobmanager";
import { type Nodes, openNodes, pairNodes } from "@gopool/node";
import {
  type Clock,
  createStatusBoard,
  FatalError,
  type Logger,
  type Random,
  runTogether,
  type Service,
  type StatusBoard,
  supervise,
} from "@gopool/runtime";
import { createShareproc } from "@gopool/shareproc";
import { openState } from "@gopool/state";
import { createStratumd } from "@gopool/stratumd";
import type { PooldConfig } from "./config.ts";
import { createConsole, type PoolView } from "./console.ts";
import { demoService, simulatedNode } from "./demo/mod.ts";
import { demoMines } from "./permissions.ts";

export interface PoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Stands between the services and the bus: tests break it on purpose. */
  readonly wrapBus?: (bus: Bus) => Bus;
  /** Aborts the wait for a node while the pool is being opened. */
  readonly signal: AbortSignal;
}

export interface Pool extends AsyncDisposable, Service {
  readonly view: PoolView;
  readonly bus: Bus;
}

/**
 * Opens bus, state and nodes, and composes the services. Waits for a node that is away, saying so.
 *
 * @throws {FatalError} What trying again cannot mend, in a sentence.
 */
export async function openPool(config: PooldConfig, deps: PoolDeps): Promise<Pool> {
  const { clock, random, log, signal } = deps;
  const board = createStatusBoard(clock);
  await using open = new AsyncDisposableStack();
  const opened = open.use(await openTheBus(config, clock));
  const bus = deps.wrapBus?.(opened) ?? opened;
  const state = open.use(await openState(config.stateUrl, { clock }));
  const simulated = config.nodeUrl === undefined
    ? open.use(await simulatedNode(config, deps))
    : undefined;
  const nodes = open.use(openTheNodes(config, simulated?.url, board, deps));
  const network = await nodes.network(signal);
  const poolAddress = payee(config, network);

  const stratumd = createStratumd({
    bus,
    state,
    clock,
    random,
    log: log.with({ part: "stratumd" }),
    board,
    config,
  });
  const shareproc = createShareproc({
    bus,
    clock,
    log: log.with({ part: "shareproc" }),
    board,
    pool: config.poolName,
    logEpoch: config.logEpoch,
  });
  const jobmanager = createJobmanager({
    bus,
    state,
    nodes,
    clock,
    log: log.with({ part: "jobmanager" }),
    board,
    holder: `poold-${random.uint32().toString(16)}`,
    settings: { ...config, pool: config.poolName, poolAddress },
  });
  const blocksubmit = createBlocksubmit({
    bus,
    nodes,
    clock,
    random,
    log: log.with({ part: "blocksubmit" }),
    board,
  });
  const miner = demoMines(config)
    ? demoService(config, { ...deps, network, listening: stratumd.listening })
    : undefined;
  const view: PoolView = {
    network,
    node: simulated === undefined ? nodes.list.map(({ name }) => name).join(", ") : "simulated",
    poolAddress,
    simulated: simulated !== undefined,
    stratum: () => stratumd.status(),
    judged: () => shareproc.counts,
    blocks: () => blocksubmit.counts,
    miner: () => miner?.stats,
    board: () => board.all(),
  };
  const services = [jobmanager, shareproc, blocksubmit, stratumd];
  const supervised = services.map((service) => supervise(service, { clock, random, log, board }));
  const { host } = config.stratumListen;
  const console = createConsole({ view, clock, log, host, listening: stratumd.listening });

  const owned = open.move();
  return {
    name: "poold",
    view,
    bus,
    /** Ends in the order of the work: no new shares, then what is in hand, then the rest. */
    run: (stop) =>
      runTogether(
        stop,
        ...[...supervised, ...(miner === undefined ? [] : [miner]), console].map((s) => s.run),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openTheBus(config: PooldConfig, clock: Clock): Promise<Bus> {
  const url = config.busUrl?.href ?? `sqlite:${config.dataDir}/bus.db`;
  try {
    return await openBus(url, { clock, sharePartitions: config.sharePartitions });
  } catch (error) {
    if (error instanceof BusNotOpened) throw new FatalError(error.message, { cause: error });
    throw error;
  }
}

function openTheNodes(
  config: PooldConfig,
  simulatedUrl: string | undefined,
  board: StatusBoard,
  { clock, log }: PoolDeps,
): Nodes {
  const urls = simulatedUrl === undefined ? config.nodeUrl! : [new URL(simulatedUrl)];
  const cookies = config.nodeCookie === undefined ? [] : [config.nodeCookie];
  try {
    return openNodes(
      {
        nodes: pairNodes(urls, cookies, config.nodeZmq?.map(({ href }) => href)),
        goneForMs: config.nodeGoneAfter,
      },
      {
        clock,
        onHealth: (node, { ok, detail }) => {
          board.set(`node ${node}`, ok ? "ok" : "degraded", detail);
          log[ok ? "info" : "warn"](`node ${node}: ${detail}`);
        },
        onTrouble: (sentence) => log.warn(sentence),
      },
    );
  } catch (error) {
    if (error instanceof RangeError) throw new FatalError(error.message, { cause: error });
    throw error;
  }
}

/** What the simulated chain's coinbases pay to: a regtest script that nobody's coins hang on. */
const SIMULATED_SCRIPT = Uint8Array.from([
  0x00,
  0x14,
  ...new TextEncoder().encode("gopool's simulation "),
]);

/** The pool's address. For a real network it is the operator's, or the pool does not start. */
function payee({ nodeUrl, poolAddress }: PooldConfig, network: Network): string {
  if (poolAddress === undefined) {
    if (nodeUrl === undefined) return canonicalAddress(SIMULATED_SCRIPT, network)!;
    throw new FatalError(
      `GOPOOL_POOL_ADDRESS is required: the ${network} address that the pool's own coinbases pay to`,
    );
  }
  try {
    return canonicalAddress(scriptOfAddress(poolAddress, network), network) ?? poolAddress;
  } catch (error) {
    throw new FatalError(`GOPOOL_POOL_ADDRESS=${poolAddress}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
