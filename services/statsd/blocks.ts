/**
 * Blocks that a node accepted, into the store: each once, whoever tells of it how often. What effort they took is reckoned
 * later (efforts.ts).
 *
 * @module
 */
import { blockFound, type Bus, decode, type Message } from "@gopool/bus";
import { asHash, difficultyFromBits, displayHash } from "@gopool/chain";
import { type BlockFound, BlockOutcome } from "@gopool/proto";
import { type Logger, type Service, type StatusBoard, troubleOnBoard } from "@gopool/runtime";
import type { BlockPoint, Series } from "@gopool/series";
import { BLOCKS_KNOWN_MAX, BLOCKS_LOOKED_AT, FOUND_BATCH_MAX } from "./limits.ts";
import { BLOCK_GROUP } from "./sources.ts";

export interface BlocksDeps {
  readonly bus: Pick<Bus, "consume" | "ends">;
  readonly series: Pick<Series, "blocks" | "writeBlock">;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly pool: string;
}

const HEADER_BYTES = 80;
/** Where nBits stand in a header. */
const BITS_AT = 72;
const NEWEST = { untilMs: Number.MAX_SAFE_INTEGER, limit: BLOCKS_LOOKED_AT };

export function createBlockKeeping(deps: BlocksDeps): Service {
  const { bus, series, log, board } = deps;
  return {
    name: "statsd/blocks",
    async run(signal) {
      const known = new Set<string>();
      await bus.consume(blockFound, {
        group: BLOCK_GROUP,
        batchMax: FOUND_BATCH_MAX,
        signal,
        async assigned() {
          // What another has written meanwhile is known, too.
          const blocks = await series.blocks(NEWEST);
          for (const { hash } of blocks) known.add(hash);
          // A store that has none may be a new one: few enough to be read again.
          return blocks.length > 0 ? undefined : (await bus.ends(blockFound))[0]!.earliest;
        },
        onTrouble: troubleOnBoard(board, log),
      }, async ({ messages }) => {
        for (const message of messages) await keep(deps, known, message);
      });
    },
  };
}

async function keep(
  { series, log, pool }: BlocksDeps,
  known: Set<string>,
  message: Message,
): Promise<void> {
  const block = blockOf(message, pool);
  if (typeof block === "string") {
    log.error("a record of block.found cannot be counted", {
      offset: message.offset,
      reason: block,
    });
    return;
  }
  if (block === null || known.has(block.hash)) return;
  // Of one that is known late the next block's effort is another.
  const after = (await series.blocks(NEWEST)).findLast((one) => isAfter(one, block));
  await series.writeBlock(block);
  if (after !== undefined && after.effort !== null) {
    await series.writeBlock({ ...after, effort: null });
  }
  remember(known, block.hash);
  log.info("a block is in the statistics", { hash: block.hash, height: block.height });
}

function isAfter(one: BlockPoint, block: BlockPoint): boolean {
  return one.foundAtMs > block.foundAtMs && one.hash !== block.hash;
}

function remember(known: Set<string>, hash: string): void {
  known.add(hash);
  if (known.size <= BLOCKS_KNOWN_MAX) return;
  for (const oldest of known) {
    known.delete(oldest);
    return;
  }
}

/** Null: none of ours, or lost. A sentence: it cannot be used. */
export function blockOf({ value, loggedAtMs }: Message, pool: string): BlockPoint | null | string {
  let found: BlockFound;
  try {
    found = decode(blockFound, value);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { facts, outcome } = found;
  if (facts === undefined) return "it names no block";
  if (facts.pool !== pool || outcome !== BlockOutcome.ACCEPTED) return null;
  const { header, hash, height, account, worker, foundAtMs } = facts;
  if (header.length !== HEADER_BYTES) return `its header has ${header.length} bytes, not 80`;
  if (hash.length !== 32) return `its hash has ${hash.length} bytes, not 32`;
  const nbits = new DataView(header.buffer, header.byteOffset).getUint32(BITS_AT, true);
  const networkDifficulty = difficultyFromBits(nbits);
  if (networkDifficulty === Infinity) return `its nBits ${nbits.toString(16)} are no target`;
  return {
    hash: displayHash(asHash(hash)),
    height,
    // Unset where the block went ahead of its candidate's record: then the first record of it tells.
    foundAtMs: Number(foundAtMs) || loggedAtMs,
    finder: account,
    worker,
    networkDifficulty,
    effort: null,
  };
}
