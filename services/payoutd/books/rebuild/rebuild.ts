/**
 * `deno task ledger rebuild --check`: the books computed afresh from the log, the archive and the chain, and compared
 * with the ledger to the satoshi. Nothing is changed.
 *
 * What is taken from the ledger as it is: the schedules of schemes and fees, which late shares count when, the expected
 * fees of FPPS, snapshots of coinbases, payments as planned, and what operators posted. Everything else is computed.
 *
 * @module
 */
import type { Ledger, Tx } from "@gopool/ledger";
import { openingOf } from "@gopool/ledger/blocks";
import { schemePeriods } from "@gopool/ledger/schemes";
import { shareLogs } from "@gopool/ledger/shares";
import type { Books } from "../../shares/mod.ts";
import { Balances } from "./balances.ts";
import { type BlocksCompared, compareAnnounced, compareSplits } from "./compare_blocks.ts";
import { comparePps } from "./compare_pps.ts";
import { compareSlices } from "./compare_slices.ts";
import { type Difference, Differences } from "./differences.ts";
import type { History } from "./history.ts";
import { type ChainView, compareChain, type OnChain } from "./on_chain.ts";
import { readShares } from "./read_shares.ts";
import { Scratch } from "./scratch.ts";
import { type Start, startFrom } from "./start.ts";

export interface RebuildDeps {
  readonly ledger: Ledger;
  readonly history: History;
  /** Null: the chain is not asked. */
  readonly chain: ChainView | null;
  readonly books: Books;
  /** A file of the rebuild's own, not there yet; or ":memory:". */
  readonly scratchPath: string;
  readonly signal: AbortSignal;
  /** Told of each step, for people who wait. */
  readonly onStep?: (words: string) => void;
}

export interface Rebuilt {
  /** Where it began, in a sentence. */
  readonly start: string;
  readonly sources: readonly string[];
  readonly shares: number;
  readonly blocks: BlocksCompared;
  readonly ppsMinutes: number;
  readonly accounts: number;
  readonly chain: OnChain | null;
  readonly differences: readonly Difference[];
  /** All there were: more than are listed. */
  readonly differenceCount: number;
}

/**
 * Computes and compares, at one moment of the ledger; payoutd may go on meanwhile.
 *
 * @throws {HistoryMissing} What the ledger was made from is not all there.
 */
export async function rebuild(deps: RebuildDeps): Promise<Rebuilt> {
  const { ledger } = deps;
  return await ledger.transaction(async (tx) => {
    // Reading the log may take hours, and nobody waits for a snapshot.
    await tx.query("SET LOCAL idle_in_transaction_session_timeout = 0");
    await tx.query("SET LOCAL statement_timeout = 0");
    using scratch = new Scratch(deps.scratchPath);
    return await rebuildIn(tx, scratch, deps);
  }, { snapshot: true });
}

async function rebuildIn(tx: Tx, scratch: Scratch, deps: RebuildDeps): Promise<Rebuilt> {
  const { history, signal, onStep = () => {} } = deps;
  const differences = new Differences();
  const periods = await schemePeriods(tx);
  const logs = await shareLogs(tx);
  const start: Start = await startFrom(tx, history, scratch);
  const { fromMinute } = start;
  onStep(start.words);
  const common = { ...deps, tx, scratch, periods, differences, fromMinute };
  const read = await readShares(common, start.stretches);
  onStep(`${read.shares} shares read`);
  await compareSlices(tx, scratch, fromMinute, differences);
  onStep("slices compared");
  const announced = await compareAnnounced(common, logs);
  const openingMs = await openingOf(tx) ?? 0;
  const balances = new Balances();
  const compared = await compareSplits(
    { ...common, openingMs },
    (block, split) => balances.addBlock(block, split),
  );
  onStep(`${compared.splits} splits compared`);
  const pps = await comparePps(tx, scratch, fromMinute, differences);
  for (const [account, sats] of pps.paid) balances.add(account, "mature", sats);
  const accounts = await balances.compare(tx, differences);
  onStep(`${accounts} balances compared`);
  const chain = deps.chain === null
    ? null
    : await compareChain(tx, deps.chain, differences, signal);
  return {
    start: start.words,
    sources: history.sources,
    shares: read.shares,
    blocks: { ...compared, announced },
    ppsMinutes: pps.minutes,
    accounts,
    chain,
    differences: differences.list,
    differenceCount: differences.count,
  };
}
