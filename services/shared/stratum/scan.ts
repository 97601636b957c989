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
import { Interner } from "./intern.ts";
import { MAX_ID_LENGTH, MAX_TEXT_LENGTH } from "./limits.ts";
import type { SubmitLine } from "./submit.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, ZERO = 0x30;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

const METHOD = new TextEncoder().encode("mining.submit");

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

const ID_KEY = new TextEncoder().encode('"id"');
const METHOD_KEY = new TextEncoder().encode('"method"');
const PARAMS_KEY = new TextEncoder().encode('"params"');
const VERSION_KEY = new TextEncoder().encode('"jsonrpc"');

/** The bit of the key that opens at `at`, 0 for one the scanner does not know. */
function memberAt(buf: Uint8Array, at: number, end: number): number {
  switch (at + 1 < end ? buf[at + 1] : 0) {
    case 0x69: // i
      return isAt(buf, at, end, ID_KEY) ? SEEN_ID : 0;
    case 0x6d: // m
      return isAt(buf, at, end, METHOD_KEY) ? SEEN_METHOD : 0;
    case 0x70: // p
      return isAt(buf, at, end, PARAMS_KEY) ? SEEN_PARAMS : 0;
    case 0x6a: // j
      return isAt(buf, at, end, VERSION_KEY) ? SEEN_VERSION : 0;
    default:
      return 0;
  }
}

function isAt(buf: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (end - at < word.length) return false;
  for (let i = 0; i < word.length; i++) if (buf[at + i] !== word[i]) return false;
  return true;
}

function skipSpace(buf: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = buf[at]!;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) break;
    at++;
  }
  return at;
}

/** All scanners below return the position after what they read, -1 if it is something else. */
function scanMethod(buf: Uint8Array, at: number, end: number): number {
  const close = at + 1 + METHOD.length;
  return buf[at] === QUOTE && close < end && isAt(buf, at + 1, end, METHOD) && buf[close] === QUOTE
    ? close + 1
    : -1;
}

/** null, a whole number as JSON writes it, or a plain string. */
function scanScalar(buf: Uint8Array, at: number, end: number): number {
  const first = buf[at]!;
  if (first === QUOTE) return scanText(buf, at, end);
  if (first === 0x6e) { // n
    return end - at >= 4 && buf[at + 1] === 0x75 && buf[at + 2] === 0x6c && buf[at + 3] === 0x6c
      ? at + 4
      : -1;
  }
  let i = first === MINUS ? at + 1 : at;
  const digits = i;
  while (i < end && buf[i]! >= ZERO && buf[i]! <= 0x39) i++;
  // JSON has no leading zeros; a fraction or exponent fails later, for want of a comma.
  if (i === digits || (buf[digits] === ZERO && i > digits + 1)) return -1;
  return i;
}

/** Hash of the string scanText read last; what the interner finds it by. */
let textHash = 0;

/** A string of printable ASCII without escapes, from its opening quote. */
function scanText(buf: Uint8Array, at: number, end: number): number {
  let hash = 0x811c9dc5;
  if (buf[at] !== QUOTE) return -1;
  for (let i = at + 1; i < end; i++) {
    const byte = buf[i]!;
    if (byte === QUOTE) {
      textHash = hash;
      return i + 1;
    }
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return -1;
}

function scanParams(buf: Uint8Array, at: number, end: number, out: SubmitLine): number {
  if (buf[at] !== OPEN_ARRAY) return -1;
  let from = skipSpace(buf, at + 1, end);
  at = scanText(buf, from, end);
  if (at < 0 || at - from - 2 > MAX_TEXT_LENGTH) return -1;
  out.worker = workers.get(buf, from + 1, at - 1, textHash);
  from = toNext(buf, at, end);
  if (from < 0) return -1;
  at = scanText(buf, from, end);
  if (at < 0 || at - from - 2 > MAX_TEXT_LENGTH) return -1;
  out.jobId = jobIds.get(buf, from + 1, at - 1, textHash);
  from = toNext(buf, at, end);
  if (from < 0) return -1;
  at = scanExtranonce2(buf, from, end, out);
  from = toNext(buf, at, end);
  if (from < 0) return -1;
  at = scanWord(buf, from, end);
  out.ntime = word;
  from = toNext(buf, at, end);
  if (from < 0) return -1;
  at = scanWord(buf, from, end);
  out.nonce = word;
  out.versionBits = -1;
  if (at < 0) return -1;
  from = toNext(buf, at, end);
  if (from >= 0) {
    at = scanWord(buf, from, end);
    out.versionBits = word;
    if (at < 0) return -1;
  }
  at = skipSpace(buf, at, end);
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

/** What scanWord read last: a second return value, without an object. */
let word = 0;

/** 1 to 8 hex digits in quotes. */
function scanWord(buf: Uint8Array, at: number, end: number): number {
  if (buf[at] !== QUOTE) return -1;
  let value = 0;
  for (let i = at + 1; i < end; i++) {
    const digit = HEX_VALUE[buf[i]!]!;
    if (digit < 0) {
      const digits = i - at - 1;
      if (buf[i] !== QUOTE || digits === 0 || digits > 8) return -1;
      word = value >>> 0;
      return i + 1;
    }
    value = (value << 4) | digit;
  }
  return -1;
}

/** Any number of hex digits in quotes; kept where they make exactly the agreed size. */
function scanExtranonce2(buf: Uint8Array, at: number, end: number, out: SubmitLine): number {
  if (buf[at] !== QUOTE) return -1;
  const bytes = out.extranonce2;
  let high = 0;
  for (let i = at + 1; i < end; i++) {
    const digit = HEX_VALUE[buf[i]!]!;
    const place = i - at - 1;
    if (digit < 0) {
      if (buf[i] !== QUOTE) return -1;
      out.extranonce2Length = place % 2 === 0 ? place >> 1 : -1;
      return i + 1;
    }
    if (place >= 2 * EXTRANONCE2_BYTES) continue;
    if (place % 2 === 0) high = digit << 4;
    else bytes[place >> 1] = high | digit;
  }
  return -1;
}
