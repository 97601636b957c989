import { assertThrows } from "@std/assert";
import {
  assembleBlock,
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseWithWitness,
  commitmentScript,
  concat,
  decodeTransaction,
  encodeHeader,
  fromHex,
  type Hash,
  merkleRoot,
  type Sats,
  type UnixSeconds,
  witnessCommitment,
} from "@gopool/chain";
import { assertBodyFits } from "./body.ts";

/** One input, one output, one witness item of the given byte. */
const payment = (witness: string): Uint8Array =>
  fromHex(
    `02000000${"0001"}01${"11".repeat(32)}00000000${"00"}ffffffff` +
      `01${"0100000000000000"}0151${"01"}01${witness}00000000`,
  );

/** A block of these transactions whose coinbase commits to `committed` (null: to nothing). */
function blockOf(
  transactions: readonly Uint8Array[],
  committed: readonly Uint8Array[] | null,
  hasReserved = committed !== null,
): Uint8Array {
  const wtxids = committed?.map((one) => decodeTransaction(one).wtxid);
  const script = Uint8Array.of(0x51);
  const coinbase = concat(
    coinbasePrefix({ height: 101, jobId: "0000000100000000", tag: "/t/" }),
    new Uint8Array(12),
    coinbaseSuffix({
      recipe: {
        id: 0,
        name: "pool",
        snapshotId: new Uint8Array(),
        outputs: [{ amount: { kind: "remainder" }, payee: { kind: "script", script } }],
      },
      coinbaseValue: 5_000_000_000n as Sats,
      accountScript: null,
      witnessCommitment: wtxids === undefined
        ? new Uint8Array()
        : commitmentScript(witnessCommitment(wtxids)),
      scriptSigTail: new Uint8Array(),
      height: 101,
    }),
  );
  const all = [coinbase, ...transactions].map((one) => decodeTransaction(one).txid);
  const header = encodeHeader({
    version: 0x20000000,
    previousHash: new Uint8Array(32) as Hash,
    merkleRoot: merkleRoot(all),
    time: 1_700_000_000 as UnixSeconds,
    nbits: 0x207fffff,
    nonce: 0,
  });
  return assembleBlock(header, coinbaseWithWitness(coinbase, hasReserved), transactions);
}

Deno.test("a block whose transactions and witnesses are those that it names fits", () => {
  assertBodyFits(blockOf([], null));
  assertBodyFits(blockOf([], []));
  assertBodyFits(blockOf([payment("aa")], [payment("aa")]));
});

Deno.test("witnesses that were changed or taken away do not fit, though the header's root is right", () => {
  const others = "its witnesses are others";
  const [a, b] = [payment("aa"), payment("bb")];
  assertThrows(() => assertBodyFits(blockOf([b], [a])), RangeError, others);
  assertThrows(() => assertBodyFits(blockOf([a], null)), RangeError, others);
  assertThrows(() => assertBodyFits(blockOf([a], [a], false)), RangeError, others);
});

Deno.test("transactions twice, none, or bytes left over do not fit", () => {
  const a = payment("aa"), b = payment("bb");
  const twice = blockOf([a, a, a], [a, a, a]);
  assertThrows(() => assertBodyFits(twice), RangeError, "transactions twice");
  assertThrows(() => assertBodyFits(concat(blockOf([b], [b]), a)), RangeError, "cannot be read");
  const none = concat(twice.subarray(0, 80), Uint8Array.of(0));
  assertThrows(() => assertBodyFits(none), RangeError, "no transactions");
});
