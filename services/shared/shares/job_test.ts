import { assertEquals, assertThrows } from "@std/assert";
import {
  coinbasePrefix,
  commitmentScript,
  decodeTransaction,
  fromHex,
  type Hash,
  sha256d,
  toHex,
} from "@gopool/chain";
import { type CoinbaseOutput, CoinbaseOutputSchema, create, type Job } from "@gopool/proto";
import { jobWith } from "./fixtures.ts";
import { coinbaseOf, prepareJob, variantSuffix } from "./job.ts";
import { headerOf } from "./plain.ts";

const POOL = fromHex("0014751e76e8199196d454941c45d1b3a323f1433bd6");
const MINER = fromHex("76a91455ae51684c43435da751ac8d2173b2652eb6410588ac");

function output(
  amount: CoinbaseOutput["amount"],
  payee: CoinbaseOutput["payee"],
): CoinbaseOutput {
  return create(CoinbaseOutputSchema, { amount, payee });
}

const remainder = { case: "remainder", value: true } as const;
const toPool = { case: "script", value: POOL } as const;
const toAccount = { case: "sessionAccount", value: true } as const;

function variant(id: number, outputs: CoinbaseOutput[]): Job["variants"][number] {
  return {
    $typeName: "gopool.v1.CoinbaseVariant",
    id,
    name: `v${id}`,
    outputs,
    snapshotId: new Uint8Array(),
  };
}

const JOB = jobWith({
  coinbasePrefix: coinbasePrefix({ height: 840_000, jobId: "00000001000000a7", tag: "/gopool/" }),
  witnessCommitment: commitmentScript(sha256d(new Uint8Array(64)) as Hash),
  variants: [
    variant(0, [output(remainder, toPool)]),
    variant(1, [
      output(remainder, toAccount),
      output({ case: "feeBasisPoints", value: 100 }, toPool),
    ]),
    variant(2, [
      output({ case: "sats", value: 7n }, { case: "script", value: MINER }),
      output(remainder, toPool),
    ]),
  ],
});

const en1 = fromHex("a1a2a3a4");
const en2 = fromHex("b1b2b3b4b5b6b7b8");

Deno.test("every variant makes a coinbase that adds up, commits and holds job id and extranonces", () => {
  const job = prepareJob(JOB);
  const paid = [0, 1, 2].map((id) => {
    const coinbase = decodeTransaction(coinbaseOf(job, variantSuffix(job, id, MINER), en1, en2));
    const { inputs, outputs, lockTime, hasWitness } = coinbase;
    const script = toHex(inputs[0]!.scriptSig);
    assertEquals(script.slice(-44), "08" + JOB.id + "0c" + toHex(en1) + toHex(en2));
    assertEquals([lockTime, hasWitness], [839_999, false]);
    assertEquals(outputs.reduce((sum, { sats }) => sum + sats, 0n), JOB.coinbaseValue);
    assertEquals(outputs.at(-1)!.script, JOB.witnessCommitment);
    return outputs.slice(0, -1).map(({ sats, script }) => [sats, script]);
  });
  assertEquals(paid, [
    [[5_000_000_000n, POOL]],
    [[4_950_000_000n, MINER], [50_000_000n, POOL]],
    [[7n, MINER], [4_999_999_993n, POOL]],
  ]);
});

Deno.test("variantSuffix() says what is missing", () => {
  const job = prepareJob(JOB);
  assertThrows(() => variantSuffix(job, 9, null), RangeError, "no coinbase variant 9");
  assertThrows(() => variantSuffix(job, 1, null), RangeError);
  variantSuffix(job, 0, null);
});

Deno.test("coinbaseOf() takes extranonces of 4 and 8 bytes only", () => {
  const job = prepareJob(JOB);
  const suffix = variantSuffix(job, 0, null);
  for (const [one, two] of [[3, 8], [4, 7], [5, 8]] as const) {
    assertThrows(
      () => coinbaseOf(job, suffix, new Uint8Array(one), new Uint8Array(two)),
      RangeError,
      `of ${one} and ${two} bytes`,
    );
  }
});

Deno.test("headerOf() keeps all 32 bits of version, ntime and nonce", () => {
  const job = prepareJob(JOB);
  const header = headerOf(job, variantSuffix(job, 0, null), {
    extranonce1: en1,
    extranonce2: en2,
    version: 0xfedc_ba98,
    ntime: 0xffff_fffe,
    nonce: 0x8000_0001,
  });
  assertEquals(header.length, 80);
  assertEquals(toHex(header.subarray(0, 4)), "98badcfe");
  assertEquals(toHex(header.subarray(68)), "feffffff" + "ffff001d" + "01000080");
});

Deno.test("prepareJob() names what is wrong with a job", () => {
  const refused = (parts: Partial<Job>, what: string) =>
    assertThrows(() => prepareJob({ ...JOB, ...parts }), RangeError, what);
  refused({ id: "00000001000000A7" }, "16 lower-case hex digits");
  refused({ id: "a7" }, "16 lower-case hex digits");
  refused({ previousHash: new Uint8Array(31) }, "previous hash must have 32 bytes");
  refused({ merkleBranch: [new Uint8Array(31)] }, "every hash of its branch");
  refused({ merkleBranch: new Array(33).fill(new Uint8Array(32)) }, "deeper than 32");
  refused({ coinbasePrefix: new Uint8Array() }, "no coinbase prefix");
  refused({ coinbasePrefix: new Uint8Array(1_000_001) }, "prefix is too long");
  refused({ witnessCommitment: new Uint8Array(37) }, "38 bytes");
  refused({ version: 0x2000_2000 }, "bits inside the rolling mask");
  refused({ nbits: 0 }, "nbits give no target");
  refused({ nbits: 0x1d80_ffff }, "nbits give no target");
  refused({ nbits: 0xff12_3456 }, "nbits give no target");
  refused({ variants: [] }, "no coinbase variant");
  refused({ variants: [JOB.variants[0]!, JOB.variants[0]!] }, "variant 0 twice");
  refused(
    { variants: [variant(3, [output(remainder, toAccount), output(remainder, toPool)])] },
    "variant 3",
  );
  refused({ variants: [variant(3, [output({ case: undefined }, toPool)])] }, "has no amount");
  refused(
    { variants: [variant(3, [output({ case: "remainder", value: false }, toPool)])] },
    "has no amount",
  );
  refused({ variants: [variant(3, [output(remainder, { case: undefined })])] }, "pays nobody");
  refused(
    { variants: [variant(3, [output(remainder, { case: "sessionAccount", value: false })])] },
    "pays nobody",
  );
});
