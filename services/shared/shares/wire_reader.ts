/**
 * Reads protobuf records. Nothing is believed: every length and varint is held against the record's end.
 *
 * @module
 */

/** The bytes are no share record. Names what is wrong and where; trying again gives the same. */
export class MalformedShare extends Error {
  override name = "MalformedShare";
}

const TWO_27 = 2 ** 27;
const TWO_28 = 2 ** 28;
const TWO_55 = 2 ** 55;
const TWO_56 = 2 ** 56;
/** Slots of remembered texts. Sessions and workers in flight are far fewer; a clash only costs a decode. */
const TEXT_SLOTS = 8192;
/** Longer texts are not remembered: names are short, and the table stays below a few MB. */
const TEXT_MAX = 128;

// A byte order mark is a character like any other in a name.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const texts: string[] = new Array(TEXT_SLOTS).fill("");

/** A moving position in one record; reused for the next one. */
export class RecordReader {
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;
  // Parts of the varint last read: 28, 28 and 8 bits.
  #low = 0;
  #middle = 0;
  #high = 0;

  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  /** The next field's tag, or 0 at the end. */
  tag(): number {
    const start = this.#at;
    if (start >= this.#end) return 0;
    const tag = this.uint32();
    // Cut to 32 bits, a longer one would pass for another field's.
    const length = this.#at - start;
    if (length > 5 || length === 5 && this.#bytes[this.#at - 1]! > 0x0f) {
      this.#fail("a tag beyond 32 bits");
    }
    if (tag >>> 3 === 0) this.#fail("a field without a number");
    return tag;
  }

  /** A varint's low 32 bits: uint32 and enums. */
  uint32(): number {
    const bytes = this.#bytes;
    const first = this.#at < this.#end ? bytes[this.#at]! : 0x80;
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    this.#varint();
    return (this.#low | this.#middle << 28) >>> 0;
  }

  /** @throws {MalformedShare} Also above 2^53 - 1: no offset or time of ours is. */
  uint64(): number {
    this.#varint();
    return this.#safe(this.#low + this.#middle * TWO_28 + this.#high * TWO_56);
  }

  /** Zigzag. @throws {MalformedShare} Also beyond 2^53 - 1 either way. */
  sint64(): number {
    this.#varint();
    const half = (this.#low >>> 1) + this.#middle * TWO_27 + this.#high * TWO_55;
    return this.#safe((this.#low & 1) === 0 ? half : -half - 1);
  }

  bool(): boolean {
    this.#varint();
    return (this.#low | this.#middle | this.#high) !== 0;
  }

  fixed32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
  }

  double(): number {
    const at = this.#take(8);
    const { buffer, byteOffset } = this.#bytes;
    return new DataView(buffer, byteOffset + at, 8).getFloat64(0, true);
  }

  /** A view into the record. */
  bytes(): Uint8Array {
    const length = this.#length();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A big-endian number of any length as a float: as near as its 53 bits allow, for statistics. */
  bigEndian(): number {
    const length = this.#length();
    const at = this.#take(length);
    const bytes = this.#bytes;
    let value = 0;
    for (let i = at; i < at + length; i++) value = value * 256 + bytes[i]!;
    return value;
  }

  /** The same string object for the same bytes, as long as it is remembered. */
  text(): string {
    const length = this.#length();
    const at = this.#take(length);
    if (length === 0) return "";
    const bytes = this.#bytes;
    if (length > TEXT_MAX) return this.#decode(at, length);
    // The end of a name is what tells it from its neighbours (counters, checksums).
    let slot = length;
    for (let i = length > 8 ? at + length - 8 : at; i < at + length; i++) {
      slot = Math.imul(slot, 31) + bytes[i]!;
    }
    slot = (slot ^ slot >>> 13) & (TEXT_SLOTS - 1);
    const known = texts[slot]!;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[at + i]!) i++;
      if (i === length) return known;
    }
    const text = this.#decode(at, length);
    // Units and bytes agree in number only where all is ASCII: the comparison above then means equality.
    if (text.length === length) texts[slot] = text;
    return text;
  }

  /** Goes into an embedded record: `tag` is 0 at its end. @returns What `leave` wants back. */
  enter(): number {
    const length = this.#length();
    const at = this.#take(length);
    const end = this.#end;
    this.#at = at;
    this.#end = at + length;
    return end;
  }

  leave(end: number): void {
    this.#end = end;
  }

  /** Steps over a field this build does not know. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.#take(this.#length());
        return;
      case 5:
        this.#take(4);
        return;
    }
    // Groups (3 and 4) left the language with proto3.
    this.#fail(`field ${tag >>> 3} of wire type ${tag & 7}`);
  }

  /** @throws {MalformedShare} Always: a known field came in another wire type than its own. */
  wrongType(tag: number): never {
    this.#fail(`field ${tag >>> 3} as wire type ${tag & 7}`);
  }

  #decode(at: number, length: number): string {
    try {
      return utf8.decode(this.#bytes.subarray(at, at + length));
    } catch {
      this.#fail("a text that is no UTF-8");
    }
  }

  /** A length, which is believed no more than a tag. */
  #length(): number {
    const bytes = this.#bytes;
    const first = this.#at < this.#end ? bytes[this.#at]! : 0x80;
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    return this.uint64();
  }

  /** Moves past `length` bytes and gives where they begin. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) this.#fail(`${length} bytes announced, ${this.#end - at} left`);
    this.#at = at + length;
    return at;
  }

  #varint(): void {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let shift = 0;; shift += 7) {
      if (at >= end) this.#fail("it ends inside a number");
      const byte = bytes[at++]!;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift < 56) middle |= (byte & 0x7f) << (shift - 28);
      else if (shift < 70) high |= (byte & 0x7f) << (shift - 56);
      else this.#fail("a number of more than ten bytes");
      if (byte < 0x80) break;
    }
    this.#at = at;
    this.#low = low;
    this.#middle = middle;
    this.#high = high & 0xff;
  }

  #safe(value: number): number {
    if (!Number.isSafeInteger(value)) this.#fail("a number beyond 2^53");
    return value;
  }

  #fail(what: string): never {
    throw new MalformedShare(
      `Cannot read a share of ${this.#bytes.length} bytes: ${what} (at byte ${this.#at})`,
    );
  }
}
