/**
 * Records that nobody should write: cut short, without sense, of blocks that nobody has.
 *
 * @module
 */
import { blockFound, type Bus, encodeRecord, shareValid } from "@gopool/bus";
import { encodeHeader, headerHash, meetsTarget, sha256d, targetFromBits } from "@gopool/chain";
import type { UnixSeconds } from "@gopool/chain";
import { BlockFactsSchema, BlockOutcome, create } from "@gopool/proto";

/** A publish may meet the file locked by the other process: however long that takes. */
export const PATIENT = { deadlineMs: Infinity } as const;
const EASY_BITS = 0x207fffff;

/** @returns How many records that cannot be read. */
export async function lieOnValid(bus: Bus, partition: number): Promise<number> {
  const values = [Uint8Array.of(0xff, 0xff), new Uint8Array(300).fill(0x5a), new Uint8Array()];
  const key = new Uint8Array();
  await bus.publish(shareValid, values.map((value) => ({ value, partition, key })), PATIENT);
  return values.length;
}

/** A record that cannot be read, one whose header does not fit its hash, and a block of the pool's that no node has. */
export async function lieOnFound(
  bus: Bus,
  nowMs: number,
  salt: number,
): Promise<{ unreadable: number; unknown: number }> {
  const { header, hash } = secretBlock(salt);
  const facts = create(BlockFactsSchema, {
    pool: "gopool",
    jobId: "0000000100000000",
    header,
    hash,
    height: 150,
    outputs: [{ sats: 5_000_000_000n, script: Uint8Array.of(0x51) }],
    foundAtMs: BigInt(nowMs),
  });
  const told = (change: Partial<typeof facts>) =>
    encodeRecord(
      blockFound,
      { facts: { ...facts, ...change }, outcome: BlockOutcome.ACCEPTED, reason: "" },
      { key: hash },
    );
  await bus.publish(blockFound, [
    { value: Uint8Array.of(0xff, 0xff, 0xff), key: hash },
    told({ hash: sha256d(hash) }),
    told({}),
  ], PATIENT);
  return { unreadable: 2, unknown: 1 };
}

/** A header with work in it. */
function secretBlock(salt: number) {
  const previousHash = sha256d(Uint8Array.of(salt, salt >> 8, salt >> 16));
  for (let nonce = 0;; nonce++) {
    const header = encodeHeader({
      version: 0x20000000,
      previousHash,
      merkleRoot: sha256d(previousHash),
      time: 1_767_225_600 as UnixSeconds,
      nbits: EASY_BITS,
      nonce,
    });
    const hash = headerHash(header);
    if (meetsTarget(hash, targetFromBits(EASY_BITS))) return { header, hash };
  }
}
