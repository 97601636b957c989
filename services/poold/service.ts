/**
 * The whole pool in one process: the services on their in-process adapters, each restarted by itself when it fails.
 *
 * @module
 */
import { createBlocksubmit } from "@gopool/blocksubmit";
import { blockFound, type Bus, busOptionsOf, openBus, shareValid, type Topic } from "@gopool/bus";
import { concat, type Network, u32le } from "@gopool/chain";
import { ConfigError } from "@gopool/config";
import { createJobmanager } from "@gopool/jobmanager";
import { payeeOf } from "@gopool/config/payee";
import { type Ledger, openLedger } from "@gopool/ledger";
import { openNodesOf } from "@gopool/node";
import { createPayoutd, scriptsOf } from "@gopool/payoutd";
import { payoutdSettingsOf } from "@gopool/payoutd/from_settings";
import { openSigner } from "@gopool/payoutd/signing";
import {
  type Clock,
  createStatusBoard,
  type Logger,
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
import { createConsole, type PoolView, tellBlock } from "./console.ts";
import { demoService, simulatedNode } from "./demo/mod.ts";
import { demoMines } from "./demo/target.ts";
import { tellTroubles } from "./troubles.ts";
import { ledgerPlace } from "./ledger_place.ts";
import { busOf } from "./log_place.ts";
import { demoMaturity, payoutdConfigOf } from "./payouts.ts";
import { runStages, type Stage } from "./stages.ts";

export interface PoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The log of the parts. Default: the same. */
  readonly partsLog?: Logger;
  /** Where the parts say how they are. Default: one of the pool's own. */
  readonly board?: StatusBoard;
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
 * @throws {ConfigError} A setting that only the node can judge: the address is of another network.
 * @throws {FatalError} What trying again cannot mend, in a sentence.
 */
export async function openPool(config: PooldConfig, deps: PoolDeps): Promise<Pool> {
  const { clock, random, log, signal } = deps;
  const partsLog = deps.partsLog ?? log;
  const board = deps.board ?? createStatusBoard(clock);
  await using open = new AsyncDisposableStack();
  const opened = open.use(
    await openPart(
      { board, log: partsLog, signal },
      "bus",
      (onTrouble) => openBus(busOf(config), { ...busOptionsOf(config), clock, signal, onTrouble }),
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
  const nodes = open.use(openNodesOf({ ...config, nodeUrl }, { clock, log, board }));
  const network = await nodes.network(signal);
  const { poolAddress, keyFile } = await payee(config, network, random);
  const ledger = open.use(await ledgerOf(config, network, { ...deps, board, log: partsLog }));

  const stratumd = createStratumd({
    bus,
    state,
    clock,
    random,
    log: partsLog.with({ part: "stratumd" }),
    board,
    config,
  });
  const shareproc = createShareproc({
    bus,
    clock,
    log: partsLog.with({ part: "shareproc" }),
    board,
    pool: config.poolName,
    logEpoch: config.logEpoch,
  });
  const jobmanager = createJobmanager({
    bus,
    state,
    nodes,
    clock,
    log: partsLog.with({ part: "jobmanager" }),
    board,
    holder: `poold-${random.uint32().toString(16)}`,
    settings: { ...config, pool: config.poolName, poolAddress },
  });
  const blocksubmit = createBlocksubmit({
    bus,
    nodes,
    clock,
    random,
    log: partsLog.with({ part: "blocksubmit" }),
    board,
    onFound: (found) => tellBlock(found, log),
  });
  const own = payoutdConfigOf(config, simulated === undefined ? null : { keyFile });
  const payouts = payoutdSettingsOf({ ...config, ...own }, poolAddress, network, "poold");
  const payoutd = createPayoutd({
    bus,
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
    clock,
    random,
    log: partsLog.with({ part: "payoutd" }),
    board,
    network,
    settings: payouts,
  });
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
  const console = createConsole({ view, clock, log, host, listening });
  const stage = (...services: readonly Service[]): Stage => ({
    parts: services.map((service) => supervise(service, { clock, random, log, board }).run),
  });

  const owned = open.move();
  return {
    name: "poold",
    view,
    bus,
    /** Ends in the order of the work: no new shares, then the blocks in hand, then the rest. */
    run: (stop) =>
      runStages(stop, [
        {
          ...stage(...(miner === undefined ? [] : [miner]), stratumd),
          ended: () => bringBlocksHome(bus, clock, log),
        },
        stage(shareproc),
        stage(blocksubmit, jobmanager),
        stage(payoutd, books),
        stage(console, tellTroubles({ folder: config.dataDir, board, clock })),
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

/** The ledger that the settings name, or a PostgreSQL of its own beside the pool. */
async function ledgerOf(
  config: PooldConfig,
  network: Network,
  { clock, signal, board, log }: PoolDeps & { readonly board: StatusBoard },
): Promise<Ledger> {
  await using open = new AsyncDisposableStack();
  const ledger = await openPart({ board, log, signal }, "ledger", async (onTrouble) => {
    const place = open.use(
      await ledgerPlace(config, { clock, signal, onTrouble, make: true }),
    );
    return await openLedger(place.url, {
      ...place.options,
      clock,
      log,
      signal,
      onTrouble,
      pool: config.poolName,
      network,
      // Of another's server the schema is not the pool's to change: deno task migrate does.
      migrate: place.embedded,
    });
  });
  open.use(ledger);
  const owned = open.move();
  return {
    name: ledger.name,
    transaction: (work, options) => ledger.transaction(work, options),
    hold: (lock) => ledger.hold(lock),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Payee {
  readonly poolAddress: string;
  /** Of the key to that address, where the pool made it. */
  readonly keyFile: string | null;
}

/**
 * The pool's address. For a real network it is the operator's: readSettings() has seen that there is one. On the
 * simulated chain the pool makes a key of its own, so that its payouts can be watched.
 */
async function payee(
  { nodeUrl, poolAddress, dataDir }: PooldConfig,
  network: Network,
  random: Random,
): Promise<Payee> {
  if (poolAddress !== undefined) {
    const simulated = nodeUrl === undefined ? " (a simulated one: GOPOOL_NODE_URL is not set)" : "";
    return { poolAddress: payeeOf("poold", poolAddress, network, simulated), keyFile: null };
  }
  if (nodeUrl !== undefined) {
    throw new ConfigError("poold", [
      `GOPOOL_POOL_ADDRESS is required: the ${network} address that the pool's own coinbases pay to`,
    ]);
  }
  const keyFile = `${dataDir}/simulated-key`;
  const secret = concat(...Array.from({ length: 8 }, () => u32le(random.uint32())));
  // Loaded only here: a pool on a real chain makes no key.
  const { openOrMakeKeyFile } = await import("@gopool/payoutd/key_file");
  const { address } = await openOrMakeKeyFile(keyFile, network, secret);
  return { poolAddress: address, keyFile };
}
