import { assert, assertEquals } from "@std/assert";
import {
  concat,
  decodeHeader,
  fromHex,
  type Hash,
  hashFromDisplay,
  merkleBranch,
  targetFromBits,
  targetFromDifficulty,
  targetToBytes,
} from "@gopool/chain";
import { block100000, type RecordedShare, shares, sv2 } from "@gopool/testing/vectors";
import { ShareChecker } from "./check.ts";
import { jobWith } from "./fixtures.ts";
import { type PreparedJob, prepareJob } from "./job.ts";

/** Extranonce bytes of this pool. Recorded pools have fewer or more: the cut is moved, the coinbase is the same. */
const EXTRANONCE_BYTES = 12;
const checkers = (["one", "four"] as const).map((lanes) => new ShareChecker({ lanes }));

interface Recorded {
  readonly name: string;
  readonly coinbase: Uint8Array;
  readonly branch: readonly Uint8Array[];
  readonly header: Uint8Array;
  readonly hash: string;
}

function recorded({ name, notify, extranonce1, submit, header, hash }: RecordedShare): Recorded {
  const [, , coinb1, coinb2, branch] = notify;
  const coinbase = fromHex(coinb1 + extranonce1 + submit[2] + coinb2);
  return { name, coinbase, branch: branch.map(fromHex), header: fromHex(header), hash };
}

function block(): Recorded {
  const { coinb1, extranonce1, extranonce2, coinb2, txids, ...b } = block100000;
  const numbers = new DataView(new ArrayBuffer(16));
  [b.version, b.ntime, b.nbits, b.nonce].forEach((n, i) => numbers.setUint32(4 * i, n, true));
  const bytes = new Uint8Array(numbers.buffer);
  return {
    name: "block 100000",
    coinbase: fromHex(coinb1 + extranonce1 + extranonce2 + coinb2),
    branch: merkleBranch(txids.map((id) => hashFromDisplay(id))),
    header: concat(
      bytes.subarray(0, 4),
      hashFromDisplay(b.prevHash),
      hashFromDisplay(b.merkleRoot),
      bytes.subarray(4),
    ),
    hash: b.hash,
  };
}

const { coinbase: sv2Coinbase, share, block: sv2Block } = sv2.extendedChannel;
const ALL: readonly Recorded[] = [
  ...shares.map(recorded),
  block(),
  ...[share, sv2Block].map(({ header, hash }, i) => ({
    name: `stratum v2 ${i}`,
    coinbase: fromHex(sv2Coinbase),
    branch: [],
    header: fromHex(header),
    hash,
  })),
];

function jobOf({ coinbase, branch, header }: Recorded, cut: number): PreparedJob {
  const { version, previousHash, nbits } = decodeHeader(header);
  return prepareJob(jobWith({
    coinbasePrefix: coinbase.subarray(0, cut),
    merkleBranch: [...branch],
    previousHash,
    version,
    versionMask: 0,
    nbits,
  }));
}

for (const record of ALL) {
  Deno.test(`${record.name} hashes to what the network saw, wherever the extranonce is cut`, () => {
    const { coinbase, header, hash } = record;
    const { version, time, nonce, nbits } = decodeHeader(header);
    const internal: Hash = hashFromDisplay(hash);
    const value = BigInt(`0x${hash}`);
    for (let cut = 1; cut + EXTRANONCE_BYTES <= coinbase.length; cut++) {
      const end = cut + EXTRANONCE_BYTES;
      const job = jobOf(record, cut);
      for (const checker of checkers) {
        const work = checker.work(job, coinbase.subarray(end));
        const [extranonce1, extranonce2] = [
          coinbase.subarray(cut, cut + 4),
          coinbase.subarray(cut + 4, end),
        ];
        for (const target of [targetToBytes(targetFromDifficulty(512)), new Uint8Array(32)]) {
          checker.add(work, extranonce1, extranonce2, version, time, nonce, target);
        }
        checker.run();
        assertEquals(checker.hash(0), internal);
        assertEquals(checker.header(0), header);
        assertEquals(checker.meetsTarget(0), value <= targetFromDifficulty(512));
        assertEquals(checker.meetsTarget(1), false);
        // Also where the share target is refused: a block is a block.
        assertEquals(
          [checker.meetsNetwork(0), checker.meetsNetwork(1)],
          new Array(2).fill(value <= targetFromBits(nbits)),
        );
        checker.clear();
        checker.releaseJob(job);
      }
    }
  });
}

Deno.test("recorded shares have the difficulty that was recorded, and one of them is a block", () => {
  const checker = checkers[1]!;
  let blocks = 0;
  for (const vector of shares) {
    const record = recorded(vector);
    const job = jobOf(record, 50);
    const work = checker.work(job, record.coinbase.subarray(62));
    const { version, time, nonce } = decodeHeader(record.header);
    const { coinbase } = record;
    checker.add(
      work,
      coinbase.subarray(50, 54),
      coinbase.subarray(54, 62),
      version,
      time,
      nonce,
      targetToBytes(targetFromDifficulty(vector.pool_diff ?? 1e-9)),
    );
    checker.run();
    assert(checker.meetsTarget(0), vector.name);
    assert(Math.abs(checker.difficulty(0) / vector.share_difficulty - 1) < 1e-12);
    assertEquals(checker.meetsNetwork(0), vector.meets_nbits);
    if (checker.meetsNetwork(0)) blocks++;
    checker.clear();
    checker.releaseJob(job);
  }
  assertEquals(blocks, 1);
});
