import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { decodeJudged } from "./decode.ts";
import { StatisticsReader } from "./decode_statistics.ts";
import { appendJudgement, SubmissionWriter } from "./encode.ts";
import { MalformedShare } from "./wire_reader.ts";

const text = fc.string({ maxLength: 40 }).map((t) => t.toWellFormed());
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const whole = fc.maxSafeNat();
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

const record = fc.tuple(
  fc.record({
    pool: text,
    gateway: text,
    session: text,
    jobId: text,
    variant: uint32,
    account: text,
    worker: text,
    extranonce1: bytes(4),
    extranonce2: bytes(8),
    ntime: uint32,
    nonce: uint32,
    version: uint32,
    target: bytes(32),
    headerHash: bytes(32),
    verdict: fc.nat(3),
    reason: fc.nat(16),
    receivedAtMs: whole,
    jobSentAtMs: whole,
    processingUs: uint32,
    userAgentClass: text,
    versionMask: uint32,
    unlisted: uint32,
    operator: fc.option(fc.record({ reason: text }), { nil: undefined }),
  }),
  fc.record({
    logId: text,
    sourcePartition: uint32,
    sourceOffset: whole,
    previousValidOffset: fc.integer({ min: -2 }),
    loggedAtMs: whole,
    work: bytes(32),
    nbits: uint32,
    height: uint32,
    achievedDifficulty: fc.double({ noNaN: true }),
    isBlock: fc.boolean(),
    judgedReason: fc.nat(16),
    disagreement: fc.boolean(),
    mark: fc.boolean(),
    validHead: fc.option(whole, { nil: undefined }),
  }),
).map(([share, judgement]) => appendJudgement(new SubmissionWriter().write(share), judgement));

/** As near as a float comes to it: rounded once, where the reader may round at each byte. */
function nearly(actual: number, bytes: Uint8Array): void {
  const exact = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  assertAlmostEquals(actual, Number(exact), Number(exact) * 1e-14);
}

Deno.test("what statistics need of a record is what the whole decoder reads there, record after record", () => {
  const reader = new StatisticsReader();
  fc.assert(
    fc.property(record, (value) => {
      const { target, work, reason, isNote, ...same } = reader.read(value);
      const share = decodeJudged(value);
      for (const [name, read] of Object.entries(same)) {
        assertEquals(read, share[name as keyof typeof share], name);
      }
      assertEquals(reason, share.judgedReason || share.reason);
      assertEquals(isNote, share.operator !== undefined);
      nearly(target, share.target);
      nearly(work, share.work);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a record cut short is refused by name, or read; a field in another wire type is refused", () => {
  const reader = new StatisticsReader();
  fc.assert(
    fc.property(record, fc.nat(), (value, cut) => {
      const short = value.subarray(0, cut % (value.length + 1));
      try {
        reader.read(short);
      } catch (error) {
        if (!(error instanceof MalformedShare)) throw error;
        assertThrows(() => decodeJudged(short), MalformedShare);
      }
    }),
    { numRuns: 1_000 },
  );
  assertThrows(() => reader.read(Uint8Array.of(6 << 3, 1)), MalformedShare, "as wire type 0");
});
