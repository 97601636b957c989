/**
 * Jobs whose shares are blocks, their candidates, and what became of them. Imported by tests only.
 *
 * @module
 */
import { blockCandidates, blockSolved, type Bus, encodeRecord, miningTemplates } from "@gopool/bus";
import {
  concat,
  encodeHeader,
  fromHex,
  type Hash,
  headerHash,
  merkleBranch,
  rootFromBranch,
  sha256d,
  type Target,
  targetFromBits,
  toHex,
  type UnixSeconds,
} from "@gopool/chain";
import { type BlockSolved, BlockSolvedSchema, fromBinary, type Job } from "@gopool/proto";
import { prepareJob, variantSuffix } from "@gopool/shares";
import { makeJob, makeShare, POOL } from "./fixture.ts";

/** A real transaction, from mainnet block 100000 (its second one). */
export const TX = fromHex(
  "0100000001032e38e9c0a84c6046d687d10556dcacc41d275ec55fc00779ac88fdf357a187000000008c493046022100c352d3dd993a981beba4a63ad15c209275ca9470abfcd57da93b58e4eb5dce82022100840792bc1f456062819f15d33ee7055cf7b5ee1af1ebcc6028d9cdb1c3af7748014104f46db5e9d61a9dc27b8d64ad23e7383a4e6ca164593c2527c038c0857eb67ee8e825dca65046b82c9331586c82e0fd1f633f25f87c161bc6f8a630121df2b3d3ffffffff0200e32321000000001976a914c398efa9c392ba6013c5e04ee729755ef7f58b3288ac000fe208010000001976a914948c765a6914d43f2a7ac177da2c2f6b52de3d7c88ac00000000",
);
export const EASY_BITS = 0x207fffff;
export const TEMPLATE_ID = "000000010000000a";
export const ACCOUNT = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(9)]);

export function blockJob(id = "0000000100000000", change: Parameters<typeof makeJob>[1] = {}): Job {
  return makeJob(id, {
    nbits: EASY_BITS,
    templateId: TEMPLATE_ID,
    merkleBranch: merkleBranch([sha256d(TX)]),
    ...change,
  });
}

export function publishTemplate(bus: Bus) {
  const template = { pool: POOL, id: TEMPLATE_ID, height: 500, transactions: [TX] };
  return bus.publish(miningTemplates, [
    encodeRecord(miningTemplates, template, { key: TEMPLATE_ID }),
  ]);
}

/** The candidate that the job's nth share makes. */
export function candidate(
  job: Job,
  n: number,
  change: { variant?: number; account?: string } = {},
) {
  const target: Target = targetFromBits(EASY_BITS);
  const { variant = 0, account = "" } = change;
  // The share's search knows the pool's script only; search again where the account's is paid.
  const script = account === "" ? null : ACCOUNT;
  const extranonce1 = Uint8Array.of(0, 0, 0, 1);
  const extranonce2 = makeShare(job, n).extranonce2;
  const suffix = variantSuffix(prepareJob(job), variant, script);
  const coinbase = concat(job.coinbasePrefix, extranonce1, extranonce2, suffix);
  for (let nonce = 0;; nonce++) {
    const header = encodeHeader({
      version: job.version,
      previousHash: job.previousHash as Hash,
      merkleRoot: rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]),
      time: job.ntime as UnixSeconds,
      nbits: job.nbits,
      nonce,
    });
    const hash = headerHash(header);
    if (BigInt("0x" + toHex(hash.toReversed())) > target) continue;
    const facts = {
      pool: POOL,
      jobId: job.id,
      variant,
      account,
      worker: "rig",
      gateway: "gw",
      extranonce1,
      extranonce2,
      header,
      hash,
    };
    return encodeRecord(blockCandidates, { facts, session: "00000001" }, { key: hash });
  }
}

export async function solvedOn(bus: Bus): Promise<BlockSolved[]> {
  const found: BlockSolved[] = [];
  for await (const { messages } of bus.read(blockSolved, 0, 0)) {
    for (const { value } of messages) found.push(fromBinary(BlockSolvedSchema, value));
  }
  return found;
}
