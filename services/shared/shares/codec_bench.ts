/**
 * Share records by hand beside protobuf-es: a submission as stratumd writes it, read by the judge, judged, and read
 * by a result's reader.
 *
 * Budget: writing and reading a submission in at most 0.4 of protobuf-es's time; wire-identical (asserted here once,
 * and by codec_test.ts on every field). Run with `deno bench --allow-none`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  create,
  fromBinary,
  JudgedShareSchema,
  ShareSubmissionSchema,
  toBinary,
} from "@gopool/proto";
import { decodeJudged, decodeSubmission } from "./decode.ts";
import { decodeCredit } from "./decode_credit.ts";
import { appendJudgement, SubmissionWriter } from "./encode.ts";
import { Numbers } from "./fixtures.ts";
import type { Submission } from "./records.ts";

const AT_MOST = 0.4;
const ROUNDS = 12;
const COUNT = 512;

const random = new Numbers(1);
const shares: Submission[] = Array.from({ length: COUNT }, (_, i) => ({
  pool: "gopool",
  gateway: "gateway-1",
  session: `1f4a-${i % 64}`,
  jobId: "00000003000001f4",
  variant: 1,
  account: `bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t${i % 64}`,
  worker: `rig-${i % 64}`,
  extranonce1: random.bytes(4),
  extranonce2: random.bytes(8),
  ntime: 1_750_000_000 + i,
  nonce: random.uint32(),
  version: 0x2000_0000,
  target: new Uint8Array(32).fill(255, 4),
  headerHash: random.bytes(32),
  verdict: 1,
  reason: 0,
  receivedAtMs: 1_750_000_000_123 + i,
  jobSentAtMs: 1_749_999_990_123,
  processingUs: 87,
  userAgentClass: "asic",
  versionMask: 0x1fff_e000,
  unlisted: 0,
}));
const judgement = {
  logId: "0f9c2d6a41",
  sourcePartition: 3,
  sourceOffset: 123_456,
  previousValidOffset: 123_450,
  loggedAtMs: 1_750_000_000_130,
  work: random.bytes(6),
  nbits: 0x17023a04,
  height: 840_000,
  achievedDifficulty: 123_456.789,
};

const writer = new SubmissionWriter();
const theirs = (share: Submission) =>
  toBinary(
    ShareSubmissionSchema,
    create(ShareSubmissionSchema, {
      ...share,
      receivedAtMs: BigInt(share.receivedAtMs),
      jobSentAtMs: BigInt(share.jobSentAtMs),
      operator: undefined,
    }),
  );
const records = shares.map(theirs);
// Messages made beforehand: what is measured of protobuf-es is its writing alone.
const messages = records.map((record) => fromBinary(ShareSubmissionSchema, record));
const judged = records.map((record) => appendJudgement(record, judgement));

const RUNS = {
  encode: () => shares.forEach((share) => writer.write(share)),
  decode: () => records.forEach((record) => decodeSubmission(record)),
  judge: () => records.forEach((record) => appendJudgement(record, judgement)),
  decodeJudged: () => judged.forEach((record) => decodeJudged(record)),
  decodeCredit: () => judged.forEach((record) => decodeCredit(record)),
  encodeEs: () => messages.forEach((message) => toBinary(ShareSubmissionSchema, message)),
  decodeEs: () => records.forEach((record) => fromBinary(ShareSubmissionSchema, record)),
  decodeJudgedEs: () => judged.forEach((record) => fromBinary(JudgedShareSchema, record)),
};

shares.forEach((share, i) => {
  assertEquals(writer.write(share), records[i]);
  assertEquals({ ...decodeSubmission(records[i]!), operator: undefined }, {
    ...share,
    operator: undefined,
  });
  assertEquals(decodeJudged(judged[i]!).sourceOffset, 123_456);
});

/** Best of several rounds, ns per record. */
function best(run: () => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < 10; i++) run();
    least = Math.min(least, (performance.now() - begin) * 1e6 / (10 * COUNT));
  }
  return least;
}

const ns = Object.fromEntries(
  Object.entries(RUNS).map(([name, run]) => [name, Math.round(best(run))]),
) as Record<keyof typeof RUNS, number>;
const ratio = (ns.encode + ns.decode) / (ns.encodeEs + ns.decodeEs);
console.log(
  `ns per record: encode ${ns.encode} (protobuf-es ${ns.encodeEs}), decode ${ns.decode} (${ns.decodeEs}), ` +
    `append a judgement ${ns.judge}, decode judged ${ns.decodeJudged} (${ns.decodeJudgedEs}), ` +
    `what the books need of it ${ns.decodeCredit}; ` +
    `encode and decode in ${ratio.toFixed(2)} of protobuf-es's time`,
);
assert(ratio <= AT_MOST, "the codec is over its budget");

Deno.bench(`write ${COUNT} submissions`, { group: "write" }, RUNS.encode);
Deno.bench("protobuf-es", { group: "write", baseline: true }, RUNS.encodeEs);
Deno.bench(`read ${COUNT} submissions`, { group: "read" }, RUNS.decode);
Deno.bench("protobuf-es", { group: "read", baseline: true }, RUNS.decodeEs);
