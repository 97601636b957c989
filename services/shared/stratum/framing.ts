const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** First allocation for a line that came in pieces; a typical submit is 130 to 200 bytes. */
const REST_BYTES = 256;

/**
 * Cuts a byte stream into lines. A line that lies inside one chunk is handed on in place; only a line that
 * came in pieces is copied together. Between lines it holds no memory.
 *
 * Lines end with `\n`; one or more `\r` before it are dropped; empty lines are skipped.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #rest: Uint8Array | null = null;
  #restLength = 0;
  #broken = false;

  /** @param maxLineBytes Longest line, without its line end. */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * Hands every line that is now whole to `onLine`, as bytes [start, end) of a buffer that is valid only
   * during the call.
   *
   * @returns "too-long" once a line is over the bound. Lines before it have been handed on, nothing after
   * it ever is: where the next line begins can no longer be known for certain, so the connection should end.
   */
  push(
    chunk: Uint8Array,
    onLine: (buf: Uint8Array, start: number, end: number) => void,
  ): "ok" | "too-long" {
    if (this.#broken) return "too-long";
    let at = 0;
    if (this.#restLength > 0) {
      const newline = chunk.indexOf(NEWLINE);
      const end = newline < 0 ? chunk.length : newline;
      if (!this.#keep(chunk, 0, end)) return this.#break();
      if (newline < 0) return "ok";
      const line = this.#rest!, length = this.#restLength;
      this.#rest = null;
      this.#restLength = 0;
      if (!this.#emit(line, 0, length, onLine)) return this.#break();
      at = newline + 1;
    }
    while (at < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, at);
      if (newline < 0) return this.#keep(chunk, at, chunk.length) ? "ok" : this.#break();
      if (!this.#emit(chunk, at, newline, onLine)) return this.#break();
      at = newline + 1;
    }
    return "ok";
  }

  /** Bytes of the unfinished line: above zero while a peer sends half lines. */
  get pendingBytes(): number {
    return this.#restLength;
  }

  #emit(
    buf: Uint8Array,
    start: number,
    end: number,
    onLine: (buf: Uint8Array, start: number, end: number) => void,
  ): boolean {
    while (end > start && buf[end - 1] === RETURN) end--;
    if (end - start > this.#maxLineBytes) return false;
    if (end > start) onLine(buf, start, end);
    return true;
  }

  /** Adds to the unfinished line; false when it grows past the bound (one `\r` to spare). */
  #keep(chunk: Uint8Array, start: number, end: number): boolean {
    const length = this.#restLength + end - start;
    if (length > this.#maxLineBytes + 1) return false;
    if (this.#rest === null || this.#rest.length < length) {
      // Doubling, so that a peer that drips single bytes costs linear time.
      const grown = new Uint8Array(
        Math.max(length, Math.min(2 * length, this.#maxLineBytes + 1), REST_BYTES),
      );
      if (this.#rest !== null) grown.set(this.#rest.subarray(0, this.#restLength));
      this.#rest = grown;
    }
    this.#rest.set(chunk.subarray(start, end), this.#restLength);
    this.#restLength = length;
    return true;
  }

  #break(): "too-long" {
    this.#broken = true;
    this.#rest = null;
    this.#restLength = 0;
    return "too-long";
  }
}
