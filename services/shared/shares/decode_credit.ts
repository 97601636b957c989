/**
 * Reads of a JudgedShare what the books need, in half the time of all of it: whoever sums up shares passes over the rest.
 *
 * @module
 */
import type { Reason, Verdict } from "@gopool/proto";
import type { Judged } from "./records.ts";
import { RecordReader } from "./wire_reader.ts";

/** The fields of a JudgedShare that say whose share it is, what it is worth, and where it stands in the chain. */
export type CreditFields = Pick<
  Judged,
  | "pool"
  | "variant"
  | "account"
  | "worker"
  | "headerHash"
  | "verdict"
  | "logId"
  | "sourcePartition"
  | "sourceOffset"
  | "previousValidOffset"
  | "loggedAtMs"
  | "work"
  | "nbits"
  | "height"
  | "judgedReason"
  | "mark"
>;

type Draft = { -readonly [K in keyof CreditFields]: CreditFields[K] };

const reader = new RecordReader();
const EMPTY: Uint8Array = new Uint8Array();

const VARINT = 0;
const LENGTH = 2;
const FOUR = 5;

/** The fields read here, by their numbers. */
const READ: ReadonlySet<number> = new Set([
  1,
  5,
  6,
  7,
  14,
  15,
  30,
  31,
  32,
  33,
  34,
  35,
  36,
  37,
  40,
  42,
]);

/**
 * One JudgedShare. Byte fields are views into the record's bytes. Fields that are passed over are only held to the
 * record's end, not to what may stand in them.
 *
 * @throws {MalformedShare}
 */
export function decodeCredit(bytes: Uint8Array): CreditFields {
  const share: Draft = {
    pool: "",
    variant: 0,
    account: "",
    worker: "",
    headerHash: EMPTY,
    verdict: 0,
    logId: "",
    sourcePartition: 0,
    sourceOffset: 0,
    previousValidOffset: 0,
    loggedAtMs: 0,
    work: EMPTY,
    nbits: 0,
    height: 0,
    judgedReason: 0,
    mark: false,
  };
  reader.begin(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) readField(share, tag);
  return share;
}

function readField(share: Draft, tag: number): void {
  switch (tag) {
    case 1 << 3 | LENGTH:
      share.pool = reader.text();
      return;
    case 5 << 3 | VARINT:
      share.variant = reader.uint32();
      return;
    case 6 << 3 | LENGTH:
      share.account = reader.text();
      return;
    case 7 << 3 | LENGTH:
      share.worker = reader.text();
      return;
    case 14 << 3 | LENGTH:
      share.headerHash = reader.bytes();
      return;
    case 15 << 3 | VARINT:
      share.verdict = reader.uint32() as Verdict;
      return;
    case 30 << 3 | LENGTH:
      share.logId = reader.text();
      return;
    case 31 << 3 | VARINT:
      share.sourcePartition = reader.uint32();
      return;
    case 32 << 3 | VARINT:
      share.sourceOffset = reader.uint64();
      return;
    case 33 << 3 | VARINT:
      share.previousValidOffset = reader.sint64();
      return;
    case 34 << 3 | VARINT:
      share.loggedAtMs = reader.uint64();
      return;
    case 35 << 3 | LENGTH:
      share.work = reader.bytes();
      return;
    case 36 << 3 | FOUR:
      share.nbits = reader.fixed32();
      return;
    case 37 << 3 | VARINT:
      share.height = reader.uint32();
      return;
    case 40 << 3 | VARINT:
      share.judgedReason = reader.uint32() as Reason;
      return;
    case 42 << 3 | VARINT:
      share.mark = reader.bool();
      return;
  }
  if (READ.has(tag >>> 3)) reader.wrongType(tag);
  reader.skip(tag);
}
