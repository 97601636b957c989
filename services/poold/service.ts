/**
 * The whole pool in one process: the services on their in-process adapters, each restarted by itself when it fails.
 *
 * @module
 */
import { createBlocksubmit } from "@gopool/blocksubmit";
import {
  blockFound,
  type Bus,
  busOptionsOf,
  type GroupLag,
  openBus,
  shareValid,
  type Topic,
} from "@gopool/bus";
import { createJobmanager } from "@gopool/jobmanager";
import { openNodesOf } from "@gopool/node";
import { createPayoutd, scriptsOf } from "@gopool/payoutd";
import { createPayoutdRpc } from "@gopool/payoutd/rpc";
import { payoutdSettingsOf } from "@gopool/payoutd/from_settings";
import { openSigner } from "@gopool/payoutd/signing";
import {
  type Clock,
  createStatusBoard,
  type Logger,
  type MetricsRegistry,
  openPart,
  type Random,
  type Service,
  type StatusBoard,
  supervise,
} from "@gopool/runtime";
import { createShareproc } from "@gopool/shareproc";
import { openState, stateOptionsOf } from "@gopool/state";
import { createStratumd } from "@gopool/stratumd";
import { settleBlocks } from "./blocks_in_hand.ts";
import { createBooksView } from "./books.ts";
import type { PooldConfig } from "./config.ts";
import { type PoolControl, provideTo } from "./control.ts";
import { createConsole, type PoolView, tellBlock } from "./console.ts";
import { demoService, simulatedNode } from "./demo/mod.ts";
import { demoMines } from "./demo/target.ts";
import { tellTroubles } from "./troubles.ts";
import { busOf } from "./log_place.ts";
import { ledgerOf } from "./own_ledger.ts";
import { payee } from "./own_payee.ts";
import { demoMaturity, payoutdConfigOf } from "./payouts.ts";
import { directRoad } from "./roads.ts";
import { runStages, type Stage } from "./stages.ts";
import { openStatistics } from "./statistics.ts";

export interface PoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The log of the parts. Default: the same. */
  readonly partsLog?: Logger;
  /** Where the parts say how they are. Default: one of the pool's own. */
  readonly board?: StatusBoard;
  /** Where the parts answer to operators, and are drained by name. Default: nowhere. */
  readonly control?: PoolControl;
  /** Of the process. Default: nobody counts. */
  readonly metrics?: MetricsRegistry;
  /** Stands between the services and the bus: tests break it on purpose. */
  readonly wrapBus?: (bus: Bus) => Bus;
  /** Aborts the wait for a node while the pool is being opened. */
  readonly signal: AbortSignal;
}

export interface Pool extends AsyncDisposable, Service {
  readonly view: PoolView;
  readonly bus: Bus;
  /** Of readers that keep their group's position back. */
  lags(): Promise<readonly GroupLag[]>;
}

/**
 * Opens bus, state and nodes, and composes the services. Waits for a node that is away, saying so.
 *
 * @throws {ConfigError} A setting that only the node can judge: the address is of another network.
 * @throws {FatalError} What trying again cannot mend, in a sentence.
 */
export async function openPool(config: PooldConfig, deps: PoolDeps): Promise<Pool> {
  const { clock, random, log, signal, metrics } = deps;
  const measured = metrics === undefined ? {} : { metrics };
  const partsLog = deps.partsLog ?? log;
  const board = deps.board ?? createStatusBoard(clock);
  await using open = new AsyncDisposableStack();
  const opened = open.use(
    await openPart(
      { board, log: partsLog, signal },
      "bus",
      (onTrouble) =>
        openBus(busOf(config), {
          ...busOptionsOf(config),
          ...measured,
          clock,
          signal,
          onTrouble,
        }),
    ),
  );
  const bus = deps.wrapBus?.(opened) ?? opened;
  const past = {
    shares: await recordsOf(bus, shareValid),
    blocks: await recordsOf(bus, blockFound),
  };
  const state = open.use(
    await openPart(
      { board, log: partsLog, signal },
      "state",
      (onTrouble) => openState(config.stateUrl, { ...stateOptionsOf(config), clock, onTrouble }),
    ),
  );
  const simulated = config.nodeUrl === undefined
    ? open.use(await simulatedNode(config, demoMaturity(config), { ...deps, log: partsLog }))
    : undefined;
  const nodeUrl = simulated === undefined ? config.nodeUrl : [new URL(simulated.url)];
  const nodes = open.use(openNodesOf({ ...config, nodeUrl }, { ...measured, clock, log, board }));
  const network = await nodes.network(signal);
  const { poolAddress, keyFile } = await payee(config, network, random);
  const { ledger, shown } = open.use(
    await ledgerOf(config, network, { ...deps, board, log: partsLog }),
  );

  // What all have: bus, clock, chance, board, metrics.
  const common = { ...measured, bus, clock, random, board };
  const partLog = (part: string) => partsLog.with({ part });
  const blocksubmit = createBlocksubmit({
    ...common,
    nodes,
    log: partLog("blocksubmit"),
    onFound: (found) => tellBlock(found, log),
  });
  const shareproc = createShareproc({
    ...common,
    log: partLog("shareproc"),
    pool: config.poolName,
    logEpoch: config.logEpoch,
    road: directRoad("blocksubmit", (solved) => blocksubmit.give(solved)),
  });
  const stratumd = createStratumd({
    ...common,
    state,
    log: partLog("stratumd"),
    config,
    road: directRoad("shareproc", (candidate) => shareproc.give(candidate)),
  });
  const jobmanager = createJobmanager({
    ...common,
    state,
    nodes,
    log: partLog("jobmanager"),
    holder: `poold-${random.uint32().toString(16)}`,
    settings: { ...config, pool: config.poolName, poolAddress },
  });
  const own = payoutdConfigOf(config, simulated === undefined ? null : { keyFile });
  const payouts = payoutdSettingsOf({ ...config, ...own }, poolAddress, network, "poold");
  const payoutdDeps = {
    ...common,
    ledger,
    nodes,
    signer: await openPart(
      { board, log: partsLog, signal },
      "signer",
      () => {
        const scripts = scriptsOf({ network, settings: payouts });
        return openSigner({ ...own, kind: own.signer, network, scripts, node: nodes.list[0]! });
      },
    ),
    log: partLog("payoutd"),
    network,
    settings: payouts,
  };
  const payoutd = createPayoutd(payoutdDeps);
  const payoutdRpc = createPayoutdRpc(payoutdDeps);
  const { series, statsd, apiserver } = open.use(
    await openStatistics(config, {
      ...common,
      state,
      shown,
      network,
      applyRequest: payoutdRpc.requestsBy("apiserver"),
      log: partsLog,
      signal,
    }),
  );
  if (deps.control !== undefined) {
    const services = { stratumd, shareproc, jobmanager, blocksubmit, statsd, apiserver };
    const stores = { nodes, series };
    provideTo(deps.control, { ...common, ...services, ...stores, config, payoutd: payoutdRpc });
  }
  const books = createBooksView({ ledger, clock, log });
  const { listening } = stratumd;
  const miner = demoMines(config)
    ? demoService(config, { clock, random, log: partsLog, network, listening })
    : undefined;
  const view: PoolView = {
    network,
    node: simulated === undefined ? nodes.list.map(({ name }) => name).join(", ") : "simulated",
    poolAddress,
    simulated: simulated !== undefined,
    past,
    stratum: () => stratumd.status(),
    judged: () => shareproc.counts,
    blocks: () => blocksubmit.counts,
    books: () => books.summary(),
    maturity: payouts.maturity,
    miner: () => miner?.stats,
    board: () => board.all(),
  };
  const { host } = config.stratumListen;
  const page = { host: config.apiListen.host, listening: apiserver.listening };
  const console = createConsole({ view, clock, log, host, listening, page });
  const { drainable = (service: Service) => service } = deps.control ?? {};
  const kept = (service: Service) => supervise(service, { clock, random, log, board });
  const stage = (services: readonly Service[], others: readonly Service[] = []): Stage => ({
    // The pool's own parts end with it: there is nothing to drain in what only looks on.
    parts: [...services.map((service) => drainable(kept(service))), ...others.map(kept)]
      .map(({ run }) => run),
  });

  const owned = open.move();
  return {
    name: "poold",
    view,
    bus,
    lags: () => statsd.lags(),
    /** Ends in the order of the work: no new shares, then the blocks in hand, then the rest. */
    run: (stop) =>
      runStages(stop, [
        {
          ...stage([...(miner === undefined ? [] : [miner]), stratumd]),
          ended: () => bringBlocksHome(bus, clock, log),
        },
        stage([shareproc]),
        stage([blocksubmit, jobmanager]),
        stage([payoutd, statsd], [books]),
        stage([apiserver], [console, tellTroubles({ folder: config.dataDir, board, clock })]),
      ]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function bringBlocksHome(bus: Bus, clock: Clock, log: Logger): Promise<void> {
  try {
    const left = await settleBlocks(bus, clock);
    if (left > 0) {
      log.warn(`Candidates still on their way: ${left}. The next start goes on with them`);
    }
  } catch (error) {
    // The candidates are in the log and the spool: nothing is lost, only later.
    log.warn("the log cannot be asked for blocks in hand", { error });
  }
}

/** Records of a topic that can still be read. */
async function recordsOf(bus: Bus, topic: Topic): Promise<number> {
  return (await bus.ends(topic)).reduce((sum, { earliest, next }) => sum + next - earliest, 0);
}
