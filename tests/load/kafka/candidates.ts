/**
 * Blocks to be found while shares flow: their job, their transactions, their candidates.
 *
 * @module
 */
import { type Bus, encodeRecord, miningTemplates, type OutRecord } from "@gopool/bus";
import {
  encodeHeader,
  type Hash,
  headerHash,
  meetsTarget,
  rootFromBranch,
  sha256d,
  type UnixSeconds,
} from "@gopool/chain";
import { BlockCandidateSchema, create, type Job, TemplateSchema, toBinary } from "@gopool/proto";
import { coinbaseOf, prepareJob, variantSuffix } from "@gopool/shares";
import { makeJob, POOL, publishJob } from "../jobs.ts";

/** Half of all hashes are blocks: regtest's own. */
const EASY = 0x207fffff;
/** Serial numbers of jobs for blocks: none that a miner works on. */
const FIRST_SERIAL = 0x1000;

export interface BlockKind {
  readonly name: string;
  readonly transactions: number;
  /** Of each, bytes. */
  readonly size: number;
}

export const SMALL: BlockKind = { name: "small block", transactions: 3, size: 250 };
/** 2 MB, as a full block of today. */
export const LARGE: BlockKind = { name: "2 MB block", transactions: 2_500, size: 800 };

/** Makes candidates of one kind of block, each a block of its own. */
export class CandidateMaker {
  #serial = 0;
  readonly #prepared;
  readonly #suffix;

  private constructor(readonly job: Job) {
    this.#prepared = prepareJob(job);
    this.#suffix = variantSuffix(this.#prepared, 0, null);
  }

  /** Publishes template and job. */
  static async publish(bus: Bus, { transactions, size }: BlockKind): Promise<CandidateMaker> {
    const job = makeJob(FIRST_SERIAL + transactions, { nbits: EASY, clean: false });
    const template = create(TemplateSchema, {
      pool: POOL,
      id: job.templateId,
      height: job.height,
      previousHash: job.previousHash,
      // As little to be squeezed as signatures and hashes.
      transactions: Array.from(
        { length: transactions },
        () => crypto.getRandomValues(new Uint8Array(size)),
      ),
    });
    await bus.publish(miningTemplates, [
      encodeRecord(miningTemplates, template, { key: template.id }),
    ]);
    await publishJob(bus, job);
    return new CandidateMaker(job);
  }

  /** The next candidate, as the gateway writes it. */
  next(): OutRecord & { readonly key: Uint8Array } {
    const { job } = this;
    const extranonce1 = Uint8Array.of(0xff, 0xff, 0, 1);
    const extranonce2 = new Uint8Array(8);
    new DataView(extranonce2.buffer).setUint32(0, this.#serial++);
    const coinbase = coinbaseOf(this.#prepared, this.#suffix, extranonce1, extranonce2);
    const merkleRoot = rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]);
    for (let nonce = 0;; nonce++) {
      const header = encodeHeader({
        version: job.version,
        previousHash: job.previousHash as Hash,
        merkleRoot,
        time: job.ntime as UnixSeconds,
        nbits: job.nbits,
        nonce,
      });
      const hash = headerHash(header);
      if (!meetsTarget(hash, this.#prepared.networkTarget)) continue;
      const candidate = create(BlockCandidateSchema, {
        session: "00000001",
        receivedAtMs: 1n,
        facts: {
          pool: POOL,
          gateway: "load",
          jobId: job.id,
          variant: 0,
          account: "",
          worker: "lucky",
          extranonce1,
          extranonce2,
          header,
          hash,
          height: job.height,
        },
      });
      return { key: hash, value: toBinary(BlockCandidateSchema, candidate) };
    }
  }
}
