/**
 * What is said of a block on block.found and block.solved, checked before anything rests on it. Pure.
 *
 * @module
 */
import {
  canonicalAddress,
  decodeHeader,
  displayHash,
  equalBytes,
  HEADER_BYTES,
  headerHash,
  isPayable,
  MAX_SUPPLY_SATS,
  meetsTarget,
  type Network,
  scriptOfAddress,
  targetFromBits,
} from "@gopool/chain";
import type { NewBlock } from "@gopool/ledger/blocks";
import { type BlockFacts, BlockFactsSchema, toBinary } from "@gopool/proto";

/** A record that cannot be used, in a sentence. */
export interface BadFacts {
  readonly kind: "bad";
  readonly reason: string;
}

export interface GoodFacts {
  readonly kind: "good";
  readonly block: NewBlock;
}

/** Highest height: nLockTime means a height below this only (script.h, LOCKTIME_THRESHOLD). */
const HEIGHT_MAX = 500_000_000;

/**
 * Checks the facts of a block: a header that hashes to the hash and meets its own target, a height, outputs that money
 * can have, a time.
 *
 * @param record Where they stand, and when it was logged: T where the facts have none (a block that came past the
 * candidates' topic).
 */
export function checkFacts(
  facts: BlockFacts | undefined,
  network: Network,
  origin: "found" | "solved",
  { logId, offset, loggedAtMs }: { logId: string; offset: number; loggedAtMs: number },
): GoodFacts | BadFacts {
  if (facts === undefined) return bad("it carries no facts");
  const { hash, header, height } = facts;
  const foundAtMs = facts.foundAtMs === 0n ? loggedAtMs : Number(facts.foundAtMs);
  if (hash.length !== 32) return bad(`its hash has ${hash.length} bytes, it must have 32`);
  if (header.length !== HEADER_BYTES) {
    return bad(`its header has ${header.length} bytes, it must have ${HEADER_BYTES}`);
  }
  const real = headerHash(header);
  if (!equalBytes(real, hash)) return bad(`its header hashes to ${displayHash(real)}`);
  const { nbits } = decodeHeader(header);
  if (!meetsItsTarget(real, nbits)) return bad("its hash does not meet the target in its header");
  if (height < 1 || height > HEIGHT_MAX) return bad(`no block has the height ${height}`);
  if (!Number.isSafeInteger(foundAtMs)) return bad(`it was found at no time (${facts.foundAtMs})`);
  const value = facts.outputs.reduce((sum, { sats }) => sum + sats, 0n);
  if (facts.outputs.length === 0) return bad("its coinbase has no outputs");
  if (value > MAX_SUPPLY_SATS) return bad(`its outputs are ${value} sats: more than there will be`);
  const { finder, remarks } = finderOf(facts.account, network);
  return {
    kind: "good",
    block: {
      hash,
      height,
      foundAtMs,
      nbits,
      origin,
      record: { logId, offset },
      jobId: facts.jobId,
      variant: facts.variant,
      snapshotId: facts.snapshotId,
      finder,
      worker: facts.worker,
      gateway: facts.gateway,
      facts: toBinary(BlockFactsSchema, facts),
      remarks,
    },
  };
}

/** A finder that cannot be paid is none: the block is not lost for that. */
function finderOf(account: string, network: Network): { finder: string; remarks: string[] } {
  if (account === "") return { finder: "", remarks: [] };
  if (isPayable(account, network)) {
    const canonical = canonicalAddress(scriptOfAddress(account, network), network);
    if (canonical !== null) return { finder: canonical, remarks: [] };
  }
  return {
    finder: "",
    remarks: [
      `Its finder's account ${
        JSON.stringify(account)
      } is no address on ${network}: taken as found by nobody`,
    ],
  };
}

function meetsItsTarget(hash: ReturnType<typeof headerHash>, nbits: number): boolean {
  try {
    return meetsTarget(hash, targetFromBits(nbits));
  } catch {
    return false;
  }
}

function bad(reason: string): BadFacts {
  return { kind: "bad", reason };
}
