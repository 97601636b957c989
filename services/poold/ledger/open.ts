/**
 * What commands work on, opened as they need it: the books, the log, the nodes.
 *
 * @module
 */
import { type Bus, busOptionsOf, openBus } from "@gopool/bus";
import type { Network } from "@gopool/chain";
import { scriptOfAddress } from "@gopool/chain";
import { type Ledger, LedgerNotOpened, openLedger, type Tx } from "@gopool/ledger";
import { type Nodes, openNodesOf } from "@gopool/node";
import { type Clock, createStatusBoard, silent } from "@gopool/runtime";
import { ledgerPlace } from "../ledger_place.ts";
import { busOf } from "../log_place.ts";
import type { ToolConfig } from "./settings.ts";
import type { Print } from "./show.ts";

export interface ToolDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly print: Print;
  /** Where waits and troubles are told. */
  readonly complain: Print;
}

/** The books, open. */
export interface Books extends ToolDeps {
  readonly config: ToolConfig;
  readonly ledger: Ledger;
  readonly pool: string;
  readonly network: Network;
}

/** Opens the books that the settings name, does the work, and closes them. */
export async function withBooks<T>(
  config: ToolConfig,
  deps: ToolDeps,
  work: (books: Books) => Promise<T>,
): Promise<T> {
  const { clock, signal, complain } = deps;
  const onTrouble = (sentence: string | null) => {
    if (sentence !== null) complain(sentence);
  };
  const asked = { clock, signal, onTrouble };
  await using place = await ledgerPlace(config, asked);
  await using ledger = await openLedger(place.url, {
    ...place.options,
    ...asked,
    migrate: place.embedded,
  });
  const [book] = await ledger.transaction((tx: Tx) =>
    tx.query<{ pool: string; network: Network }>("SELECT pool, network FROM book")
  );
  if (book === undefined) {
    throw new LedgerNotOpened("These books are nobody's yet: payoutd must have run on them once");
  }
  return await work({ ...deps, config, ledger, ...book });
}

/** The pool's log as the settings name it. */
export async function openLog({ config, clock, signal, complain }: Books): Promise<Bus> {
  return await openBusAt(busOf(config), { config, clock, signal, complain });
}

/** Another one. */
export async function openBusAt(
  url: string,
  { config, clock, signal, complain }: Pick<Books, "config" | "clock" | "signal" | "complain">,
): Promise<Bus> {
  const { kafka } = busOptionsOf(config);
  const onTrouble = (sentence: string | null) => {
    if (sentence !== null) complain(sentence);
  };
  return await openBus(url, { clock, kafka, signal, onTrouble });
}

/** The log's id as records of shares name it. */
export async function logIdOf(bus: Bus, { logEpoch }: ToolConfig): Promise<string> {
  const busId = await bus.logId();
  return logEpoch === undefined ? busId : `${busId}.${logEpoch}`;
}

/** The nodes that the settings name, or the one that is simulated beside the pool. */
export function openNodes({ config, clock }: Pick<Books, "config" | "clock">): Nodes {
  const nodeUrl = config.nodeUrl ?? [new URL(`http://pool:simulated@${simulatedPlace(config)}`)];
  return openNodesOf({ ...config, nodeUrl }, {
    clock,
    log: silent,
    board: createStatusBoard(clock),
  });
}

export function simulatedPlace({ simulatedPort }: Pick<ToolConfig, "simulatedPort">): string {
  return `127.0.0.1:${simulatedPort}`;
}

/**
 * Scripts that pay the pool: of the addresses that the settings name, the present one first, and those that the ledger
 * took for the pool's.
 */
export async function poolScripts({ config, ledger, network }: Books): Promise<Uint8Array[]> {
  const named = [config.poolAddress, ...config.formerAddresses]
    .flatMap((address) => address === undefined ? [] : [scriptOfAddress(address, network)]);
  const rows = await ledger.transaction((tx) =>
    tx.query<{ script: Uint8Array }>(
      "SELECT script FROM coin GROUP BY script ORDER BY max(id) DESC",
    )
  );
  const all = [...named, ...rows.map(({ script }) => script)];
  return all.filter((script, i) => all.findIndex((one) => one.toHex() === script.toHex()) === i);
}
