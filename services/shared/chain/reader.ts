import { DecodeError, toHex } from "./bytes.ts";

/** Reads Bitcoin's serialisation front to back; every way to run out of bytes is a DecodeError with its place. */
export class ByteReader {
  readonly #view: DataView;
  #at = 0;

  /** @param what What is being read, for messages: "a block". */
  constructor(readonly bytes: Uint8Array, readonly what: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get at(): number {
    return this.#at;
  }

  /** The next `length` bytes, as a view. */
  take(length: number, part: string): Uint8Array {
    const from = this.#advance(length, part);
    return this.bytes.subarray(from, from + length);
  }

  u8(part: string): number {
    return this.bytes[this.#advance(1, part)]!;
  }

  u32(part: string): number {
    return this.#view.getUint32(this.#advance(4, part), true);
  }

  u64(part: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, part), true);
  }

  /** The byte `ahead` of the next one, or -1 behind the end. */
  peek(ahead: number): number {
    return this.bytes[this.#at + ahead] ?? -1;
  }

  /** A length in its shortest form (serialize.h, ReadCompactSize). */
  compactSize(part: string): number {
    const first = this.u8(part);
    if (first < 0xfd) return first;
    const size = first === 0xfd
      ? this.u8(part) | this.u8(part) << 8
      : first === 0xfe
      ? this.u32(part)
      : Number(this.u64(part));
    const least = first === 0xfd ? 0xfd : first === 0xfe ? 0x1_0000 : 0x1_0000_0000;
    if (size < least) this.fail(`the length of its ${part} is not in its shortest form`);
    return size;
  }

  /**
   * How many items follow. Checked against the bytes left before anybody allocates for them.
   *
   * @param leastBytes What one item takes at least.
   */
  count(part: string, leastBytes: number): number {
    const count = this.compactSize(part);
    if (count * leastBytes > this.bytes.length - this.#at) {
      this.fail(`it announces ${count} ${part}, more than its bytes can hold`);
    }
    return count;
  }

  /** A length and as many bytes. */
  sized(part: string): Uint8Array {
    return this.take(this.compactSize(part), part);
  }

  /** Nothing may be left. */
  end(): void {
    const left = this.bytes.length - this.#at;
    if (left > 0) {
      this.fail(
        `${left} bytes are left over, they begin with ` +
          toHex(this.bytes.subarray(this.#at, this.#at + 8)),
      );
    }
  }

  fail(why: string): never {
    throw new DecodeError(`Cannot read ${this.what}: at byte ${this.#at}, ${why}`);
  }

  #advance(length: number, part: string): number {
    const from = this.#at;
    if (length > this.bytes.length - from) this.fail(`its ${part} is cut short`);
    this.#at += length;
    return from;
  }
}
