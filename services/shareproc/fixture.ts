/**
 * Jobs and shares for the judge's tests: real headers with real hashes, at a difficulty that every other hash meets.
 * Imported by tests only.
 *
 * @module
 */
import {
  type Bus,
  encodeRecord,
  miningJobs,
  type OutRecord,
  shareSubmissions,
  type Topic,
} from "@gopool/bus";
import {
  coinbasePrefix,
  concat,
  encodeHeader,
  type Hash,
  headerHash,
  meetsTarget,
  rootFromBranch,
  sha256d,
  type Target,
  targetToBytes,
  type UnixSeconds,
} from "@gopool/chain";
import {
  create,
  fromBinary,
  type Job,
  JobSchema,
  type JudgedShare,
  JudgedShareSchema,
  type ShareSubmission,
  ShareSubmissionSchema,
  Verdict,
} from "@gopool/proto";
import { prepareJob, variantSuffix } from "@gopool/shares";

/** Some fields of a message. */
type Fields<T> = Partial<Omit<T, "$typeName" | "$unknown">>;

export const POOL = "test";
/** Half of all hashes meet it: about what regtest's nBits ask for. */
export const EASY: Target = (2n ** 255n) as Target;
const POOL_SCRIPT = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(7)]);

/** A job whose blocks are as hard as mainnet's unless told otherwise: its shares are no candidates. */
export function makeJob(id: string, change: Fields<Job> = {}): Job {
  const height = change.height ?? 500;
  return create(JobSchema, {
    pool: POOL,
    id,
    network: "regtest",
    height,
    previousHash: new Uint8Array(32).fill(3),
    version: 0x20000000,
    versionMask: 0x1fffe000,
    nbits: 0x17021a04,
    ntime: 1_700_000_000,
    minNtime: 1_699_999_000,
    coinbaseValue: 5_000_000_000n,
    coinbasePrefix: coinbasePrefix({ height, jobId: id, tag: "/test/" }),
    variants: [
      {
        id: 0,
        name: "pool",
        outputs: [{
          amount: { case: "remainder", value: true },
          payee: { case: "script", value: POOL_SCRIPT },
        }],
      },
      {
        id: 1,
        name: "solo",
        outputs: [{
          amount: { case: "remainder", value: true },
          payee: { case: "sessionAccount", value: true },
        }],
      },
    ],
    ...change,
  });
}

/** The nth share of a job that meets `target`, as a gateway that answered true would write it. */
export function makeShare(
  job: Job,
  n: number,
  change: Fields<ShareSubmission> = {},
  target: Target = EASY,
): ShareSubmission {
  const suffix = variantSuffix(prepareJob(job), change.variant ?? 0, POOL_SCRIPT);
  const extranonce1 = change.extranonce1 ?? Uint8Array.of(0, 0, 0, 1);
  const extranonce2 = new Uint8Array(8);
  new DataView(extranonce2.buffer).setUint32(0, n);
  const coinbase = concat(job.coinbasePrefix, extranonce1, extranonce2, suffix);
  const merkleRoot = rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]);
  for (let nonce = 0;; nonce++) {
    const hash = headerHash(encodeHeader({
      version: job.version,
      previousHash: job.previousHash as Hash,
      merkleRoot,
      time: job.ntime as UnixSeconds,
      nbits: job.nbits,
      nonce,
    }));
    if (!meetsTarget(hash, target)) continue;
    return create(ShareSubmissionSchema, {
      pool: POOL,
      gateway: "gw",
      session: "00000001",
      jobId: job.id,
      variant: 0,
      account: "",
      worker: "rig",
      extranonce1,
      extranonce2,
      ntime: job.ntime,
      nonce,
      version: job.version,
      versionMask: job.versionMask,
      target: targetToBytes(target),
      headerHash: hash,
      verdict: Verdict.ACCEPTED,
      receivedAtMs: BigInt(job.ntime) * 1000n,
      ...change,
    });
  }
}

export function submission(share: ShareSubmission, partition: number): OutRecord {
  return encodeRecord(shareSubmissions, share, { key: share.extranonce1, partition });
}

export function publishJob(bus: Bus, job: Job): Promise<unknown> {
  return bus.publish(miningJobs, [encodeRecord(miningJobs, job, { key: POOL })]);
}

/** All records of one partition as they stand. */
export async function judgedOn(
  bus: Bus,
  topic: Topic<typeof JudgedShareSchema>,
  partition = 0,
): Promise<JudgedShare[]> {
  const shares: JudgedShare[] = [];
  const { earliest } = (await bus.ends(topic))[partition]!;
  for await (const { messages } of bus.read(topic, partition, earliest)) {
    for (const { value } of messages) shares.push(fromBinary(JudgedShareSchema, value));
  }
  return shares;
}
