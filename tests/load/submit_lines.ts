/**
 * The lines a connection sends, laid out once in one buffer; id, job and nonce are patched in place.
 *
 * @module
 */

/** What changes from job to job. */
export interface LineJob {
  /** 16 hex digits. */
  readonly id: string;
  /** 8 hex digits. */
  readonly ntime: string;
}

const FIRST_ID = 1_000_000;
const LAST_ID = 9_999_999;
/** Digits of an id: always as many, so that every line is as long. */
const ID_DIGITS = 7;
const HEX = new TextEncoder().encode("0123456789abcdef");
const ZERO = 0x30;

const utf8 = new TextEncoder();

/** As many places as shares may be under way; a place is free again when its share is answered. */
export class SubmitLines {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  readonly #places: number;
  readonly #jobAt: number;
  readonly #ntimeAt: number;
  readonly #nonceAt: number;
  readonly #idAt: number;
  /** The job each place's line is for. */
  readonly #jobs: (LineJob | null)[];
  #nonce = 0;
  #id = FIRST_ID;

  constructor(worker: string, places: number) {
    const before = `{"params":["${worker}","`;
    const line = `${before}${"0".repeat(16)}","${"0".repeat(16)}","${"0".repeat(8)}","${
      "0".repeat(8)
    }"],"id":${"0".repeat(ID_DIGITS)},"method":"mining.submit"}\n`;
    this.#jobAt = before.length;
    this.#ntimeAt = this.#jobAt + 16 + 3 + 16 + 3;
    this.#nonceAt = this.#ntimeAt + 8 + 3;
    this.#idAt = this.#nonceAt + 8 + '"],"id":'.length;
    const one = utf8.encode(line);
    this.#length = one.length;
    this.#places = places;
    this.#bytes = new Uint8Array(one.length * places);
    for (let place = 0; place < places; place++) this.#bytes.set(one, place * one.length);
    this.#jobs = new Array(places).fill(null);
  }

  /** Makes the line at `place` the next share: a nonce and an id that no line had before. */
  renew(place: number, job: LineJob): void {
    const bytes = this.#bytes;
    const start = place * this.#length;
    if (this.#jobs[place] !== job) {
      bytes.set(utf8.encode(job.id), start + this.#jobAt);
      bytes.set(utf8.encode(job.ntime), start + this.#ntimeAt);
      this.#jobs[place] = job;
    }
    let nonce = this.#nonce++;
    for (let i = 7; i >= 0; i--, nonce >>>= 4) {
      bytes[start + this.#nonceAt + i] = HEX[nonce & 15]!;
    }
    let id = this.#id === LAST_ID ? this.#id = FIRST_ID : ++this.#id;
    for (let i = ID_DIGITS - 1; i >= 0; i--) {
      const rest = Math.trunc(id / 10);
      bytes[start + this.#idAt + i] = ZERO + id - 10 * rest;
      id = rest;
    }
  }

  /** The lines of `count` places side by side: a view. */
  bytes(place: number, count: number): Uint8Array {
    return this.#bytes.subarray(place * this.#length, (place + count) * this.#length);
  }

  /** Whether the answer at `at` (`{"id":1234567,…`) carries the id of the line at `place`. */
  answers(place: number, answer: Uint8Array, at: number): boolean {
    const id = place * this.#length + this.#idAt;
    for (let i = 0; i < ID_DIGITS; i++) {
      if (answer[at + ID_AT + i] !== this.#bytes[id + i]) return false;
    }
    return true;
  }

  get places(): number {
    return this.#places;
  }
}

/** Where an answer's id begins. */
const ID_AT = '{"id":'.length;
/** Where the result of an answer with such an id begins. */
export const RESULT_AT = ID_AT + ID_DIGITS + ',"result":'.length;
