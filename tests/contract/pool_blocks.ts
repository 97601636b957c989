/**
 * Blocks as the pool makes them: the jobmanager's job, the parts a miner is sent, the header that a miner hashes, and
 * the judge's assembly. Nothing here builds a byte itself.
 *
 * @module
 */
import {
  concat,
  equalBytes,
  fromHex,
  type Hash,
  headerHash,
  sha256,
  targetFromBits,
  targetToBytes,
  toHex,
} from "@gopool/chain";
import { emptyJob, type JobFrame, jobFromTemplate, setVariants } from "@gopool/jobmanager/build";
import {
  coinbaseRoom,
  fixedCoinbaseBytes,
  ownVariants,
  splitVariants,
  type VariantSettings,
} from "@gopool/jobmanager/variants";
import type { BlockTemplate, Tip } from "@gopool/node";
import { create, type Job, type RewardSplit, RewardSplitSchema } from "@gopool/proto";
import { assembleCandidate } from "@gopool/shareproc/assemble";
import { createNonceScanner, prepareJob, variantSuffix } from "@gopool/shares";
import { headerFor, prevHashToWire, rolledVersion } from "@gopool/stratum";

/** Two scripts that anybody may spend, so that the simulated node makes transactions of the pool's own rewards. */
export const P2WSH_OP_TRUE = concat(fromHex("0020"), sha256(Uint8Array.of(0x51)));
export const P2SH_OP_TRUE = fromHex("a914da1745e9b549bd0bfa1a569971c77eba30cd5a4b87");

/** One script of each kind that an account may be: P2WSH, P2SH, P2PKH, P2WPKH, P2TR. */
export const ACCOUNT_SCRIPTS: readonly Uint8Array[] = [
  P2WSH_OP_TRUE,
  P2SH_OP_TRUE,
  fromHex(`76a914${"11".repeat(20)}88ac`),
  fromHex(`0014${"22".repeat(20)}`),
  fromHex(`5120${"33".repeat(32)}`),
];

/** More accounts than any coinbase holds, and more bitcoins than blocks after the first halvings have. */
const SPLIT_OUTPUTS = 200;
const SPLIT_LARGEST_SATS = 600_000_011n;

export const SPLIT: RewardSplit = create(RewardSplitSchema, {
  pool: "kernel",
  snapshotId: Uint8Array.of(1, 2, 3, 4),
  outputs: Array.from({ length: SPLIT_OUTPUTS }, (_, i) => ({
    amount: { case: "sats" as const, value: SPLIT_LARGEST_SATS / BigInt(i + 2) },
    payee: { case: "script" as const, value: ACCOUNT_SCRIPTS[i % ACCOUNT_SCRIPTS.length]! },
  })),
});

export interface Layout {
  readonly name: string;
  /** The variant that sessions mine. */
  readonly variant: number;
  readonly settings: VariantSettings;
  readonly split?: RewardSplit;
  /** The early job of an empty block, from the tip alone. */
  readonly empty?: boolean;
  readonly tag?: string;
}

/** BIP 320. */
export const VERSION_MASK = 0x1fffe000;

let jobs = 0;

/** The job that the jobmanager would send for this layout. */
export function jobOf(layout: Layout, tip: Tip, template: BlockTemplate, nowMs: number): Job {
  const frame: JobFrame = {
    pool: "kernel",
    network: "regtest",
    tag: layout.tag ?? "/GoPool/",
    versionMask: VERSION_MASK,
  };
  const id = (++jobs).toString(16).padStart(16, "0");
  const own = ownVariants(layout.settings);
  const parts = { id, variants: own, nowMs, ntime: template.curtime };
  if (layout.empty) return emptyJob(frame, tip, parts, template.version);
  const job = jobFromTemplate(frame, template, parts);
  if (layout.split !== undefined) {
    const paid = splitVariants(layout.settings, layout.split, {
      value: template.coinbaseValue,
      fixedBytes: fixedCoinbaseBytes(job.coinbasePrefix.length, job.witnessCommitment.length),
      maxBytes: coinbaseRoom(template),
    });
    setVariants(job, [...own, ...paid]);
  }
  return job;
}

export interface Mined {
  readonly variant: number;
  /** scriptPubKey of the session's account. */
  readonly account: Uint8Array;
  /** Raw, in block order; none for an empty job. */
  readonly transactions: readonly Uint8Array[];
  /** Counts extranonces and version bits on, so that no two blocks are alike. */
  readonly salt: number;
}

const scanner = createNonceScanner();
/** At regtest's target every second nonce is good. */
const NONCES = 4096;

/** What a miner finds for the job and the judge assembles. */
export function mineBlock(job: Job, { variant, account, transactions, salt }: Mined): Uint8Array {
  const prepared = prepareJob(job);
  const extranonce1 = Uint8Array.of(0xab, 0xcd, salt >> 8, salt);
  const extranonce2 = Uint8Array.from({ length: 8 }, (_, i) => salt * (i + 3));
  const header = headerFor({
    jobId: job.id,
    prevHashWire: prevHashToWire(job.previousHash as Hash),
    coinb1: toHex(job.coinbasePrefix),
    coinb2: toHex(variantSuffix(prepared, variant, account)),
    branches: job.merkleBranch.map(toHex),
    version: job.version,
    nbits: job.nbits,
    ntime: job.ntime,
    clean: true,
  }, {
    extranonce1,
    extranonce2,
    version: rolledVersion(job.version, job.versionMask, (salt * 0x2f1000) >>> 0),
    ntime: job.ntime,
    nonce: 0,
  });
  const target = targetToBytes(targetFromBits(job.nbits));
  const [nonce] = scanner.scan(header, target, 0, NONCES);
  new DataView(header.buffer).setUint32(76, nonce!, true);
  const facts = { variant, extranonce1, extranonce2, header, hash: headerHash(header) };
  return assembleCandidate(facts, prepared, account, transactions).block;
}

/** The template as a node gives it that speaks of no commitment where no transaction has a witness, as btcd does. */
export function withoutIdleCommitment(template: BlockTemplate): BlockTemplate {
  return template.transactions.every((tx) => equalBytes(tx.txid, tx.wtxid))
    ? { ...template, witnessCommitment: null }
    : template;
}
