/**
 * Coinbases that pay the pool and belong to no block of the ledger: those that block.solved holds are taken by
 * themselves, the others are an alarm until an operator says what they are.
 *
 * @module
 */
import { blockSolved, type Bus } from "@gopool/bus";
import { displayHash, equalBytes, type Hash } from "@gopool/chain";
import {
  negativeBalances,
  type NewBlock,
  openUnknown,
  takeBlock,
  type UnknownCoinbase,
} from "@gopool/ledger/blocks";
import { BlockSolvedSchema, fromBinary } from "@gopool/proto";
import type { Service } from "@gopool/runtime";
import type { BlocksDeps } from "./deps.ts";
import { checkFacts } from "./facts.ts";
import { SOLVED_LOOK_BACK_MS, UNKNOWN_AFTER_MS, UNKNOWN_EVERY_MS, UNKNOWN_MAX } from "./limits.ts";

type UnknownDeps = Omit<BlocksDeps, "nodes" | "random" | "listeners" | "maturity" | "scripts">;

export interface UnknownWatch extends Service {
  look(signal: AbortSignal): Promise<void>;
}

const PART = "payoutd/unknown blocks";
const PART_DEBTS = "payoutd/balances below zero";

export function createUnknownWatch(deps: UnknownDeps): UnknownWatch {
  const { ledger, clock, board, bus, log } = deps;
  /** Looked for in vain already: the log is not read again for them. */
  const sought = new Set<string>();

  const look = async (signal: AbortSignal) => {
    const untilMs = clock.now() - UNKNOWN_AFTER_MS;
    const open = (await ledger.transaction((tx) => openUnknown(tx, UNKNOWN_MAX)))
      .filter(({ seenAtMs }) => seenAtMs <= untilMs);
    const keys = new Set(open.map(({ blockHash }) => displayHash(blockHash as Hash)));
    for (const key of sought) if (!keys.has(key)) sought.delete(key);
    const alarms: UnknownCoinbase[] = [];
    for (const one of open) {
      signal.throwIfAborted();
      const key = displayHash(one.blockHash as Hash);
      const block = sought.has(key) ? null : await solvedBlock(deps, bus, one);
      if (block === null) {
        if (!sought.has(key)) {
          log.error("a coinbase pays the pool for a block it does not know", { hash: key });
        }
        sought.add(key);
        alarms.push(one);
        continue;
      }
      await ledger.transaction((tx) => takeBlock(tx, block, clock.now()), { money: true });
      log.warn("a block of ours was never announced, but solved here: taken", { hash: key });
    }
    tellUnknown(deps, alarms);
    await tellDebts(deps);
  };
  return {
    name: PART,
    look,
    run: async (signal) => {
      board.clear(PART);
      while (!signal.aborted) {
        await look(signal);
        await clock.sleep(UNKNOWN_EVERY_MS, signal);
      }
    },
  };
}

/** The block as block.solved tells of it; null where that does not. */
async function solvedBlock(
  { network, pool }: UnknownDeps,
  bus: Bus,
  { blockHash, seenAtMs }: UnknownCoinbase,
): Promise<NewBlock | null> {
  const logId = await bus.logId();
  const [from] = await bus.offsetAt(blockSolved, seenAtMs - SOLVED_LOOK_BACK_MS);
  for await (const { messages } of bus.read(blockSolved, 0, from!)) {
    for (const { key, value, offset, loggedAtMs } of messages) {
      if (!equalBytes(key, blockHash)) continue;
      const facts = readFacts(value);
      const checked = checkFacts(facts, network, "solved", { logId, offset, loggedAtMs });
      if (checked.kind === "good" && facts?.pool === pool) return checked.block;
    }
  }
  return null;
}

function readFacts(value: Uint8Array) {
  try {
    return fromBinary(BlockSolvedSchema, value).facts;
  } catch {
    return undefined;
  }
}

function tellUnknown({ board }: UnknownDeps, alarms: readonly UnknownCoinbase[]): void {
  const [first] = alarms;
  if (first === undefined) {
    board.clear(PART_ALARM);
    return;
  }
  const more = alarms.length === 1 ? "" : `, and ${alarms.length - 1} more`;
  board.set(
    PART_ALARM,
    "degraded",
    `Block ${
      displayHash(first.blockHash as Hash)
    } at height ${first.height} pays the pool ${first.sats} sats and is ` +
      `unknown to the ledger${more}: deno task ledger unknown`,
  );
}

/** Accounts that owe: reversals took what had been paid. Later credits make it good by themselves. */
async function tellDebts({ board, ledger }: UnknownDeps): Promise<void> {
  const { accounts, sats } = await ledger.transaction(negativeBalances);
  if (accounts === 0) board.clear(PART_DEBTS);
  else {
    board.set(
      PART_DEBTS,
      "degraded",
      `${accounts} ${
        accounts === 1 ? "account owes" : "accounts owe"
      } ${-sats} sats together: later credits recover it`,
    );
  }
}

const PART_ALARM = "payoutd/unknown coinbase";
