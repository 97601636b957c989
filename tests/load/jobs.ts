/**
 * Jobs as the job manager would write them, for gateways and judges under load.
 *
 * @module
 */
import { type Bus, encodeRecord, miningJobs } from "@gopool/bus";
import { coinbasePrefix, fromHex, type Hash, sha256d } from "@gopool/chain";
import { create, type Job, JobSchema } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";

/** The pool whose jobs they are. */
export const POOL = "load";
/** A template of 2,500 transactions has so many. */
const BRANCHES = 12;
const HEIGHT = 900_000;
/** Difficulty 65,536: no share of a run is a block. */
export const NO_BLOCKS = 0x1b00ffff;

/** A job of its own by its serial number. */
export function makeJob(
  serial: number,
  change: Partial<Pick<Job, "nbits" | "clean" | "merkleBranch" | "templateId" | "height">> = {},
): Job {
  const id = `00000001${serial.toString(16).padStart(8, "0")}`;
  const nowS = Math.floor(systemClock.now() / 1000);
  const script = fromHex("0014" + "11".repeat(20));
  const height = change.height ?? HEIGHT + serial;
  return create(JobSchema, {
    id,
    pool: POOL,
    network: "regtest",
    templateId: id,
    height,
    previousHash: sha256d(new Uint8Array([height & 0xff])),
    version: 0x20000000,
    nbits: NO_BLOCKS,
    ntime: nowS,
    minNtime: nowS - 3600,
    coinbaseValue: 312_500_000n,
    coinbasePrefix: coinbasePrefix({ height, jobId: id, tag: "/load/" }),
    scriptSigTail: new Uint8Array(),
    witnessCommitment: fromHex("6a24aa21a9ed" + "22".repeat(32)),
    merkleBranch: Array.from({ length: BRANCHES }, (_, i): Hash => sha256d(new Uint8Array([i]))),
    variants: [{
      id: 0,
      name: "pool",
      outputs: [{
        amount: { case: "remainder", value: true },
        payee: { case: "script", value: script },
      }],
    }],
    clean: true,
    versionMask: 0x1fffe000,
    createdAtMs: BigInt(systemClock.now()),
    ...change,
  });
}

export async function publishJob(bus: Bus, job: Job): Promise<void> {
  await bus.publish(miningJobs, [encodeRecord(miningJobs, job, { key: POOL })]);
}
