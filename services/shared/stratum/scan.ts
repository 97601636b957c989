/**
 * The short road for the one line that comes thousands of times a second. It knows `mining.submit` as the
 * common miners write it (cgminer and its children put params first, ESP-Miner the id, cpuminer the method),
 * checks every byte of it, and leaves everything else to JSON.parse.
 *
 * The promise, held by a property test: where scanSubmit says true, parseMessage and parseSubmit find the
 * same submission with the same raw id. Where it says false it claims nothing.
 *
 * @module
 */
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import { HEX_VALUE } from "./hex.ts";
import { Interner, PLAIN } from "./intern.ts";
import { MAX_ID_LENGTH, MAX_TEXT_LENGTH } from "./limits.ts";
import type { SubmitLine } from "./submit.ts";

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, ZERO = 0x30;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

const encoder = new TextEncoder();
const METHOD = encoder.encode('"mining.submit"');
const VERSION_KEY = encoder.encode('"jsonrpc"');
const NULL = encoder.encode("null");

// Workers of one gateway: more than this many at once cost a short string each line, nothing else.
const workers = new Interner(16_384);
// Jobs live for 20 minutes at most and come every 30 seconds.
const jobIds = new Interner(256);

const SEEN_ID = 1, SEEN_METHOD = 2, SEEN_PARAMS = 4, SEEN_VERSION = 8;

/**
 * Reads a canonical `mining.submit`: one object with id, method and params (and jsonrpc) in any order, each
 * once, white space as JSON allows it; params are 5 or 6 strings without escapes or bytes beyond ASCII; the id
 * is a whole number, such a string, or null.
 *
 * @param out Filled; void when this returns false. `idStart` and `idEnd` are positions in `buf`.
 * @returns false for any other line, good or bad: use parseMessage.
 */
export function scanSubmit(buf: Uint8Array, start: number, end: number, out: SubmitLine): boolean {
  let at = skipSpace(buf, start, end);
  if (at >= end || buf[at] !== OPEN_OBJECT) return false;
  at++;
  let seen = 0;
  while (true) {
    at = skipSpace(buf, at, end);
    if (at >= end || buf[at] !== QUOTE) return false;
    const member = memberAt(buf, at, end);
    if (member === 0 || (seen & member) !== 0) return false;
    seen |= member;
    at = skipSpace(buf, at + MEMBER_LENGTH[member]!, end);
    if (at >= end || buf[at] !== COLON) return false;
    at = skipSpace(buf, at + 1, end);
    if (at >= end) return false;
    if (member === SEEN_PARAMS) {
      at = scanParams(buf, at, end, out);
    } else if (member === SEEN_METHOD) {
      at = scanMethod(buf, at, end);
    } else {
      const from = at;
      at = scanScalar(buf, at, end);
      if (member === SEEN_ID) {
        if (at - from > MAX_ID_LENGTH) return false;
        out.idStart = from;
        out.idEnd = at;
      }
    }
    if (at < 0) return false;
    at = skipSpace(buf, at, end);
    if (at >= end) return false;
    const next = buf[at++];
    if (next === COMMA) continue;
    if (next !== CLOSE_OBJECT) return false;
    return (seen | SEEN_VERSION) === (SEEN_ID | SEEN_METHOD | SEEN_PARAMS | SEEN_VERSION) &&
      skipSpace(buf, at, end) === end;
  }
}

/** Length of each member's key with its quotes, by its bit. */
const MEMBER_LENGTH = new Uint8Array(9);
MEMBER_LENGTH[SEEN_ID] = 4;
MEMBER_LENGTH[SEEN_METHOD] = 8;
MEMBER_LENGTH[SEEN_PARAMS] = 8;
MEMBER_LENGTH[SEEN_VERSION] = 9;

/** The bit of the key that opens at `at`, 0 for one the scanner does not know. */
function memberAt(buf: Uint8Array, at: number, end: number): number {
  // `"id":0}` is the least that can follow. Longer keys are read without asking how far the line goes: beyond
  // its end nothing is believed, because the position after the key is held against the end.
  if (at + 7 > end) return 0;
  switch (buf[at + 1]) {
    case 0x69: // "id"
      return buf[at + 2] === 0x64 && buf[at + 3] === QUOTE ? SEEN_ID : 0;
    case 0x6d: // "method"
      return buf[at + 2] === 0x65 && buf[at + 3] === 0x74 && buf[at + 4] === 0x68 &&
          buf[at + 5] === 0x6f && buf[at + 6] === 0x64 && buf[at + 7] === QUOTE
        ? SEEN_METHOD
        : 0;
    case 0x70: // "params"
      return buf[at + 2] === 0x61 && buf[at + 3] === 0x72 && buf[at + 4] === 0x61 &&
          buf[at + 5] === 0x6d && buf[at + 6] === 0x73 && buf[at + 7] === QUOTE
        ? SEEN_PARAMS
        : 0;
    case 0x6a: // "jsonrpc"
      return isAt(buf, at, VERSION_KEY) ? SEEN_VERSION : 0;
    default:
      return 0;
  }
}

function isAt(buf: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (buf[at + i] !== word[i]) return false;
  return true;
}

function skipSpace(buf: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = buf[at]!;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a)) break;
    at++;
  }
  return at;
}

// All scanners below return the position after what they read, -1 if it is something else.

function scanMethod(buf: Uint8Array, at: number, end: number): number {
  return at + METHOD.length < end && isAt(buf, at, METHOD) ? at + METHOD.length : -1;
}

/** null, a whole number as JSON writes it, or a plain string. */
function scanScalar(buf: Uint8Array, at: number, end: number): number {
  const first = buf[at]!;
  if (first === QUOTE) {
    const close = closingQuote(buf, at, end);
    for (let i = at + 1; i < close; i++) if (PLAIN[buf[i]!] === 0) return -1;
    return close < 0 ? -1 : close + 1;
  }
  if (first === 0x6e) return at + 4 < end && isAt(buf, at, NULL) ? at + 4 : -1;
  let i = first === MINUS ? at + 1 : at;
  const digits = i;
  while (i < end && buf[i]! >= ZERO && buf[i]! <= 0x39) i++;
  // JSON has no leading zeros; a fraction or exponent fails later, for want of a comma.
  if (i === digits || (buf[digits] === ZERO && i > digits + 1)) return -1;
  return i;
}

/** The next quote after the one at `at`. Whether it is escaped shows when the bytes between are checked. */
function closingQuote(buf: Uint8Array, at: number, end: number): number {
  if (buf[at] !== QUOTE) return -1;
  for (let i = at + 1; i < end; i++) if (buf[i] === QUOTE) return i;
  return -1;
}

function scanParams(buf: Uint8Array, at: number, end: number, out: SubmitLine): number {
  if (buf[at] !== OPEN_ARRAY) return -1;
  at = skipSpace(buf, at + 1, end);
  let close = closingQuote(buf, at, end);
  if (close < 0 || close - at - 1 > MAX_TEXT_LENGTH) return -1;
  const worker = workers.get(buf, at + 1, close);
  at = toNext(buf, close + 1, end);
  if (worker === undefined || at < 0) return -1;
  out.worker = worker;

  close = closingQuote(buf, at, end);
  if (close < 0 || close - at - 1 > MAX_TEXT_LENGTH) return -1;
  const jobId = jobIds.get(buf, at + 1, close);
  at = toNext(buf, close + 1, end);
  if (jobId === undefined || at < 0) return -1;
  out.jobId = jobId;

  at = toNext(buf, scanExtranonce2(buf, at, end, out), end);
  if (at < 0) return -1;
  at = toNext(buf, scanWord(buf, at, end), end);
  if (at < 0) return -1;
  out.ntime = word[0]!;
  at = scanWord(buf, at, end);
  if (at < 0) return -1;
  out.nonce = word[0]!;
  out.versionBits = -1;
  at = skipSpace(buf, at, end);
  if (at < end && buf[at] === COMMA) {
    at = scanWord(buf, skipSpace(buf, at + 1, end), end);
    if (at < 0) return -1;
    out.versionBits = word[0]!;
    at = skipSpace(buf, at, end);
  }
  return at < end && buf[at] === CLOSE_ARRAY ? at + 1 : -1;
}

/** Over the comma to the next value. */
function toNext(buf: Uint8Array, at: number, end: number): number {
  if (at < 0) return -1;
  at = skipSpace(buf, at, end);
  if (at >= end || buf[at] !== COMMA) return -1;
  at = skipSpace(buf, at + 1, end);
  return at < end ? at : -1;
}

/** What scanWord read last: a second return value without an object, and never a boxed number. */
const word = new Uint32Array(1);

/** 1 to 8 hex digits in quotes. */
function scanWord(buf: Uint8Array, at: number, end: number): number {
  if (at + 9 < end && buf[at] === QUOTE && buf[at + 9] === QUOTE) {
    // The usual 8 at one go. A digit that is none is -1 and makes the whole negative, sign bit and all.
    const a = HEX_VALUE[buf[at + 1]!]!, b = HEX_VALUE[buf[at + 2]!]!;
    const c = HEX_VALUE[buf[at + 3]!]!, d = HEX_VALUE[buf[at + 4]!]!;
    const e = HEX_VALUE[buf[at + 5]!]!, f = HEX_VALUE[buf[at + 6]!]!;
    const g = HEX_VALUE[buf[at + 7]!]!, h = HEX_VALUE[buf[at + 8]!]!;
    if ((a | b | c | d | e | f | g | h) < 0) return -1;
    word[0] = (a << 28) | (b << 24) | (c << 20) | (d << 16) | (e << 12) | (f << 8) | (g << 4) | h;
    return at + 10;
  }
  const close = closingQuote(buf, at, end);
  if (close < 0 || close - at - 1 < 1 || close - at - 1 > 8) return -1;
  let value = 0;
  for (let i = at + 1; i < close; i++) {
    const digit = HEX_VALUE[buf[i]!]!;
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  word[0] = value;
  return close + 1;
}

/** Any number of hex digits in quotes; kept where they make exactly the agreed size. */
function scanExtranonce2(buf: Uint8Array, at: number, end: number, out: SubmitLine): number {
  const whole = at + 1 + 2 * EXTRANONCE2_BYTES;
  if (whole < end && buf[at] === QUOTE && buf[whole] === QUOTE) {
    const bytes = out.extranonce2;
    let all = 0;
    for (let k = 0, i = at + 1; k < EXTRANONCE2_BYTES; k++, i += 2) {
      const byte = (HEX_VALUE[buf[i]!]! << 4) | HEX_VALUE[buf[i + 1]!]!;
      all |= byte;
      bytes[k] = byte;
    }
    out.extranonce2Length = EXTRANONCE2_BYTES;
    return all < 0 ? -1 : whole + 1;
  }
  const close = closingQuote(buf, at, end);
  for (let i = at + 1; i < close; i++) if (HEX_VALUE[buf[i]!]! < 0) return -1;
  const digits = close - at - 1;
  out.extranonce2Length = digits % 2 === 0 ? digits >> 1 : -1;
  return close < 0 ? -1 : close + 1;
}
