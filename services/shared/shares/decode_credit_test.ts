import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { decodeJudged } from "./decode.ts";
import { type CreditFields, decodeCredit } from "./decode_credit.ts";
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
    achievedDifficulty: fc.double(),
    isBlock: fc.boolean(),
    judgedReason: fc.nat(16),
    disagreement: fc.boolean(),
    mark: fc.boolean(),
    validHead: fc.option(whole, { nil: undefined }),
  }),
).map(([share, judgement]) => appendJudgement(new SubmissionWriter().write(share), judgement));

/** The same fields of what the whole decoder reads. */
function picked(value: Uint8Array): CreditFields {
  const share = decodeJudged(value);
  const fields = Object.keys(decodeCredit(new Uint8Array())) as (keyof CreditFields)[];
  return Object.fromEntries(fields.map((name) => [name, share[name]])) as unknown as CreditFields;
}

Deno.test("what the books need of a record is what the whole decoder reads there", () => {
  fc.assert(
    fc.property(record, (value) => assertEquals(decodeCredit(value), picked(value))),
    { numRuns: 500 },
  );
});

Deno.test("a record cut short is refused by name, or read as the whole decoder reads it", () => {
  fc.assert(
    fc.property(record, fc.nat(), (value, cut) => {
      const short = value.subarray(0, cut % (value.length + 1));
      let read;
      try {
        read = decodeCredit(short);
      } catch (error) {
        if (!(error instanceof MalformedShare)) throw error;
        assertThrows(() => decodeJudged(short), MalformedShare);
        return;
      }
      assertEquals(read, picked(short));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("random bytes are read or refused by name, a field in another wire type is refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (value) => {
      try {
        decodeCredit(value);
      } catch (error) {
        if (!(error instanceof MalformedShare)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
  // Field 6, the account, as a number.
  assertThrows(
    () => decodeCredit(Uint8Array.of(6 << 3, 1)),
    MalformedShare,
    "field 6 as wire type 0",
  );
});
