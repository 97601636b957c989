/**
 * Reads block.found into the ledger: accepted blocks are taken, lost ones noted, what cannot be used is put aside.
 *
 * @module
 */
import { blockFound, type Bus, decode, lag, type Message } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import { keepDeadLetters } from "@gopool/ledger/shares";
import { noteLost, takeBlock } from "@gopool/ledger/blocks";
import { type BlockFound, BlockOutcome } from "@gopool/proto";
import { type Service, troubleOnBoard } from "@gopool/runtime";
import type { BlocksDeps } from "./deps.ts";
import { checkFacts, type GoodFacts } from "./facts.ts";
import { JobValues } from "./job_values.ts";
import { FOUND_BATCH_MAX } from "./limits.ts";

/**
 * The group that payoutd reads block.found as. Not that of share.valid: on Kafka a group has one topic, and one that had
 * two would give the partitions of one to readers of the other.
 */
export const GROUP = "payoutd-blocks";

/** Records of block.found that no payoutd has taken into the ledger yet. */
export async function unreadFound(bus: Bus): Promise<number> {
  return (await lag(bus, blockFound, GROUP)).reduce((sum, { lag }) => sum + lag, 0);
}

type TakerDeps = Omit<BlocksDeps, "nodes" | "listeners" | "maturity" | "scripts">;

/** Every payoutd runs one; the partition is one of theirs. Shown a record twice, nothing happens twice. */
export function createBlockTaker(deps: TakerDeps): Service {
  const { bus, board, log } = deps;
  const values = new JobValues(bus);
  return {
    name: "payoutd/found",
    run: (signal) =>
      bus.consume(blockFound, {
        group: GROUP,
        batchMax: FOUND_BATCH_MAX,
        signal,
        onTrouble: troubleOnBoard(board, log),
      }, async ({ messages }) => {
        const logId = await bus.logId();
        for (const message of messages) await takeMessage(deps, values, logId, message);
      }),
  };
}

async function takeMessage(
  deps: TakerDeps,
  values: JobValues,
  logId: string,
  message: Message,
): Promise<void> {
  const { ledger, clock, log, network } = deps;
  const read = readFound(message.value);
  if (typeof read === "string") {
    await putAside(deps, logId, message, read);
    return;
  }
  if (read.facts !== undefined && read.facts.pool !== deps.pool) return;
  const { offset, loggedAtMs } = message;
  const record = { logId, offset };
  const checked = checkFacts(read.facts, network, "found", { ...record, loggedAtMs });
  if (checked.kind === "bad") {
    await putAside(deps, logId, message, checked.reason);
    return;
  }
  const facts = { hash: displayHash(checked.block.hash as Hash), height: checked.block.height };
  if (read.outcome === BlockOutcome.LOST) {
    await ledger.transaction((tx) =>
      noteLost(tx, { ...checked.block, record, reason: read.reason })
    );
    log.warn("a block of ours was lost", { ...facts, reason: read.reason });
    return;
  }
  const { block } = await withValue(checked, read, values);
  const taken = await ledger.transaction((tx) => takeBlock(tx, block, clock.now()), {
    money: true,
  });
  if (taken) log.info("a block of ours was found", { ...facts, finder: block.finder });
  for (const remark of taken ? block.remarks : []) log.warn(remark, facts);
}

/** A coinbase that is worth less than its template allowed has burnt the rest (I2). Nobody can mend it: it is said. */
async function withValue(
  checked: GoodFacts,
  { facts }: BlockFound,
  values: JobValues,
): Promise<GoodFacts> {
  const { block } = checked;
  const allowed = await values.of(block.jobId, block.foundAtMs);
  const value = facts!.outputs.reduce((sum, { sats }) => sum + sats, 0n);
  if (allowed === null || allowed === value) return checked;
  const remark = `Its coinbase pays ${value} sats, its template allowed ${allowed}`;
  return { kind: "good", block: { ...block, remarks: [...block.remarks, remark] } };
}

function readFound(value: Uint8Array): BlockFound | string {
  let found: BlockFound;
  try {
    found = decode(blockFound, value);
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`;
  }
  const { outcome } = found;
  if (outcome === BlockOutcome.ACCEPTED || outcome === BlockOutcome.LOST) return found;
  return `it has no outcome that is known (${outcome})`;
}

async function putAside(
  { ledger, clock, log }: TakerDeps,
  busId: string,
  { partition, offset, loggedAtMs, value }: Message,
  reason: string,
): Promise<void> {
  log.error("a record of block.found cannot be used", { offset, reason });
  const letter = { busId, topic: blockFound.name, partition, offset, loggedAtMs, reason, value };
  await ledger.transaction((tx) => keepDeadLetters(tx, [letter], clock.now()));
}
