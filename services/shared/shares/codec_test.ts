import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  create,
  fromBinary,
  JudgedShareSchema,
  ShareSubmissionSchema,
  toBinary,
} from "@gopool/proto";
import fc from "@gopool/testing/fc";
import { decodeJudged, decodeSubmission } from "./decode.ts";
import { appendJudgement, SubmissionWriter } from "./encode.ts";
import type { Judgement, OperatorNote, Submission } from "./records.ts";
import { MalformedShare } from "./wire_reader.ts";

const writer = new SubmissionWriter();

const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 0xffff_ffff), fc.nat({ max: 0xffff_ffff }));
const uint64 = fc.oneof(
  fc.constantFrom(0, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32, 2 ** 35, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);
const sint64 = fc.oneof(
  fc.constantFrom(0, -1, -2, 2 ** 27 - 1, 2 ** 27, -(2 ** 27), -(2 ** 27) - 1, 2 ** 52),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  fc.maxSafeInteger(),
);
const text = fc.oneof(
  fc.constantFrom("", "pool", "\ufeffmark", "münster.rig", "x".repeat(127), "x".repeat(128)),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
);
const bytes = fc.uint8Array({ maxLength: 70 });
const note: fc.Arbitrary<OperatorNote> = fc.record({
  rejectOffset: fc.option(uint64, { nil: undefined }),
  republishFrom: fc.option(uint64, { nil: undefined }),
  reason: text,
});
const submission: fc.Arbitrary<Submission> = fc.record({
  pool: text,
  gateway: text,
  session: text,
  jobId: text,
  variant: uint32,
  account: text,
  worker: text,
  extranonce1: bytes,
  extranonce2: bytes,
  ntime: uint32,
  nonce: uint32,
  version: uint32,
  target: bytes,
  headerHash: bytes,
  verdict: fc.nat({ max: 3 }),
  reason: fc.nat({ max: 16 }),
  receivedAtMs: uint64,
  jobSentAtMs: uint64,
  processingUs: uint32,
  userAgentClass: text,
  versionMask: uint32,
  unlisted: uint32,
  operator: fc.option(note, { nil: undefined }),
});
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const judgement: fc.Arbitrary<Judgement> = fc.record({
  logId: text,
  sourcePartition: uint32,
  sourceOffset: uint64,
  previousValidOffset: maybe(sint64),
  loggedAtMs: uint64,
  work: maybe(bytes),
  nbits: maybe(uint32),
  height: maybe(uint32),
  achievedDifficulty: maybe(fc.double()),
  isBlock: maybe(fc.boolean()),
  judgedReason: maybe(fc.nat({ max: 16 })),
  disagreement: maybe(fc.boolean()),
  mark: maybe(fc.boolean()),
  validHead: maybe(sint64),
});

/** As protobuf-es wants it: 64-bit numbers are bigints, and what is absent is absent. */
function big<T extends object>(record: T, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined).map(([name, value]) => {
      if (name === "operator") return [name, big(value, ["rejectOffset", "republishFrom"])];
      return [name, fields.includes(name) ? BigInt(value) : value];
    }),
  );
}
const BIG = [
  "receivedAtMs",
  "jobSentAtMs",
  "sourceOffset",
  "previousValidOffset",
  "loggedAtMs",
  "validHead",
];

const filled = (j: Judgement) => ({
  ...j,
  previousValidOffset: j.previousValidOffset ?? 0,
  work: j.work ?? new Uint8Array(),
  nbits: j.nbits ?? 0,
  height: j.height ?? 0,
  achievedDifficulty: j.achievedDifficulty ?? 0,
  isBlock: j.isBlock ?? false,
  judgedReason: j.judgedReason ?? 0,
  disagreement: j.disagreement ?? false,
  mark: j.mark ?? false,
});

Deno.test("a submission is written as protobuf-es writes it, byte for byte, and read back the same", () => {
  fc.assert(
    fc.property(submission, (share) => {
      const theirs = toBinary(
        ShareSubmissionSchema,
        create(ShareSubmissionSchema, big(share, BIG)),
      );
      const ours = writer.write(share);
      assertEquals(ours, theirs);
      assertEquals(decodeSubmission(theirs), share);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a judged share is the submission's bytes with fields appended, as protobuf-es writes it", () => {
  fc.assert(
    fc.property(submission, judgement, (share, judged) => {
      const theirs = toBinary(
        JudgedShareSchema,
        create(JudgedShareSchema, big({ ...share, ...judged }, BIG)),
      );
      const ours = appendJudgement(writer.write(share), judged);
      assertEquals(ours, theirs);
      assertEquals(decodeJudged(theirs), { ...share, ...filled(judged) });
      // A reader that knows only the submission's fields sees the submission.
      assertEquals(decodeSubmission(ours), share);
    }),
    { numRuns: 500 },
  );
});

Deno.test("what protobuf-es cannot read, or anything cut short or flipped, is refused by name or read alike", () => {
  fc.assert(
    fc.property(
      submission,
      judgement,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
      fc.nat(),
      (share, judged, flips, cut) => {
        const mangled = appendJudgement(writer.write(share), judged).slice();
        for (const [at, byte] of flips) if (mangled.length > 0) mangled[at % mangled.length] = byte;
        const record = mangled.subarray(0, cut % (mangled.length + 1));
        let ours;
        try {
          ours = decodeJudged(record);
        } catch (error) {
          assert(error instanceof MalformedShare, String(error));
          return;
        }
        const { $unknown: _, ...theirs } = fromBinary(JudgedShareSchema, record);
        const expected = big({ ...theirs }, []);
        delete expected.$typeName;
        const note = expected.operator as Record<string, unknown> | undefined;
        delete note?.$typeName;
        delete note?.$unknown;
        const seen = big(ours, BIG);
        for (const open of ["verdict", "reason", "judgedReason"]) {
          seen[open] = Number(seen[open]) | 0; // enums are signed to protobuf-es
        }
        assertEquals(seen, expected);
      },
    ),
    { numRuns: 2500 },
  );
});

Deno.test("random bytes are read or refused by name, and never hang or crash", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (record) => {
      for (const decode of [decodeSubmission, decodeJudged]) {
        try {
          decode(record);
        } catch (error) {
          assert(error instanceof MalformedShare, String(error));
        }
      }
    }),
    { numRuns: 3000 },
  );
});

const EMPTY: Submission = decodeSubmission(new Uint8Array());
const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (h) => parseInt(h, 16));

Deno.test("no bytes are a submission in which every field has its default", () => {
  assertEquals(writer.write(EMPTY).length, 0);
  assertEquals(EMPTY.pool, "");
  assertEquals(EMPTY.operator, undefined);
});

Deno.test("fields that this build does not know are passed over, whatever their wire type", () => {
  // 100: varint, 101: eight bytes, 102: bytes, 103: four bytes; then field 7.
  const unknown = "a00601" + "a9061122334455667788" + "b20603aabbcc" + "bd0611223344" + "3a0172";
  assertEquals(decodeSubmission(bytesOf(unknown)), { ...EMPTY, worker: "r" });
  assertEquals(decodeJudged(bytesOf(unknown)).worker, "r");
  const inNote = "ba0107" + "2001" + "1a03616263";
  assertEquals(decodeSubmission(bytesOf(inNote)).operator, {
    rejectOffset: undefined,
    republishFrom: undefined,
    reason: "abc",
  });
  const again = "ba01040801" + "1000" + "ba01020803" + "ba01031a0162";
  assertEquals(decodeSubmission(bytesOf(again)).operator, {
    rejectOffset: 3,
    republishFrom: 0,
    reason: "b",
  });
});

Deno.test("malformed records are refused in a sentence", () => {
  const refused = (hex: string, what: string) => {
    for (const decode of [decodeSubmission, decodeJudged]) {
      assertThrows(() => decode(bytesOf(hex)), MalformedShare, what);
    }
  };
  refused("0a05706f6f", "5 bytes announced, 3 left");
  refused("28", "ends inside a number");
  refused("28ffffffffffffffffffff01", "more than ten bytes");
  refused("8801ffffffffffffffffff01", "beyond 2^53");
  refused("0aff01", "255 bytes announced");
  refused("0a02c328", "no UTF-8");
  refused("0801", "field 1 as wire type 0");
  refused("2a0101", "field 5 as wire type 2");
  refused("00", "without a number");
  refused("a306", "wire type 3");
  refused("8a8080801000", "a tag beyond 32 bits");
  refused("8a808080800000", "a tag beyond 32 bits");
  refused("0a818080801061", "announced");
  refused("5011", "field 10 as wire type 0");
  refused("ba0103" + "080100", "without a number");
  refused("ba0102" + "0a00", "field 1 as wire type 2");
});

Deno.test("numbers that their field cannot hold are not written", () => {
  const refused = (changed: Partial<Submission>) =>
    assertThrows(() => writer.write({ ...EMPTY, ...changed }), RangeError, "out of its range");
  refused({ variant: -1 });
  refused({ variant: 2 ** 32 });
  refused({ nonce: 1.5 });
  refused({ ntime: NaN });
  refused({ receivedAtMs: -1 });
  refused({ receivedAtMs: 2 ** 53 });
  refused({ operator: { rejectOffset: 0.5, reason: "" } });
  // The writer is not left in the middle of a record.
  assertEquals(decodeSubmission(writer.write({ ...EMPTY, nonce: 7 })), { ...EMPTY, nonce: 7 });
});

Deno.test("a written record stays as it is while thousands are written after it", () => {
  const shares = Array.from({ length: 3000 }, (_, i) => ({ ...EMPTY, session: `s${i}`, nonce: i }));
  const records = shares.map((share) => writer.write(share));
  const large = { ...EMPTY, worker: "w".repeat(100_000), nonce: 1 };
  assertEquals(decodeSubmission(writer.write(large)), large);
  records.forEach((record, i) => assertEquals(decodeSubmission(record), shares[i]));
});

Deno.test("texts that come again are the same string, and never another's", () => {
  const of = (session: string) => decodeSubmission(writer.write({ ...EMPTY, session })).session;
  const names = Array.from({ length: 20_000 }, (_, i) => `session-${i}-${i * 7919 % 104_729}`);
  names.forEach((name) => assertEquals(of(name), name));
  assertEquals(of("\u00e9\u00e9"), "éé");
  assertEquals(of("abcd"), "abcd");
  assertStrictEquals(of("abcd"), of("abcd"));
});
