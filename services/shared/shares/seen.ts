/**
 * Which header hashes were seen, and where. Open addressing over typed arrays: 24 bytes a place, no object per
 * hash, and a job's table is dropped in one piece.
 *
 * @module
 */

/** Places in a new table: a job of a small gateway never grows. Power of two. */
const FIRST_PLACES = 256;
/** Filled beyond this part, the table doubles: probes stay at one or two on average. */
const LOAD_MAX = 0.6;
/** 2^26 places are 1.6 GB: a job lives 20 minutes, so this would be 30,000 shares a second on one job. */
const PLACES_MAX = 2 ** 26;
/** Words of a hash that are the key: 128 bits, so two hashes share a key by chance only after 2^64. */
const KEY_WORDS = 4;

/**
 * From header hashes (32 bytes, internal order) to numbers. The key is the first 16 bytes of the hash, which are
 * its low end: they look random however much work the hash stands for.
 */
export class SeenHashes {
  #keys = new Int32Array(FIRST_PLACES * KEY_WORDS);
  /** NaN marks a free place. */
  #values = new Float64Array(FIRST_PLACES).fill(NaN);
  #mask = FIRST_PLACES - 1;
  #size = 0;
  // The key last looked for: fields, so that a look-up allocates nothing.
  #k0 = 0;
  #k1 = 0;
  #k2 = 0;
  #k3 = 0;

  /** How many hashes are in it. */
  get size(): number {
    return this.#size;
  }

  /** Bytes it holds. */
  get bytes(): number {
    return this.#keys.byteLength + this.#values.byteLength;
  }

  /** The value put with this hash, or undefined. */
  get(hash: Uint8Array): number | undefined {
    const value = this.#values[this.#find(hash)]!;
    return Number.isNaN(value) ? undefined : value;
  }

  /**
   * Remembers a hash; false, and nothing changes, if it is there already.
   *
   * @throws {RangeError} NaN as a value, a hash shorter than 16 bytes, or a table beyond its bound.
   */
  put(hash: Uint8Array, value: number): boolean {
    if (Number.isNaN(value)) throw new RangeError("Cannot remember a hash with the value NaN");
    let place = this.#find(hash);
    if (!Number.isNaN(this.#values[place]!)) return false;
    if (this.#size + 1 > (this.#mask + 1) * LOAD_MAX) {
      this.#grow();
      place = this.#find(hash);
    }
    const at = place * KEY_WORDS;
    this.#keys[at] = this.#k0;
    this.#keys[at + 1] = this.#k1;
    this.#keys[at + 2] = this.#k2;
    this.#keys[at + 3] = this.#k3;
    this.#values[place] = value;
    this.#size++;
    return true;
  }

  /** Forgets a hash; one that is not there is no mistake. */
  remove(hash: Uint8Array): void {
    const keys = this.#keys;
    const values = this.#values;
    let free = this.#find(hash);
    if (Number.isNaN(values[free]!)) return;
    // Later members of the run move up into the gap, so that no look-up stops short of them.
    for (let i = (free + 1) & this.#mask; !Number.isNaN(values[i]!); i = (i + 1) & this.#mask) {
      const home = keys[i * KEY_WORDS]! & this.#mask;
      if (((i - home) & this.#mask) < ((i - free) & this.#mask)) continue;
      keys.copyWithin(free * KEY_WORDS, i * KEY_WORDS, (i + 1) * KEY_WORDS);
      values[free] = values[i]!;
      free = i;
    }
    values[free] = NaN;
    this.#size--;
  }

  /** The place of a hash, or the free place where it would go. */
  #find(hash: Uint8Array): number {
    if (hash.length < KEY_WORDS * 4) {
      throw new RangeError(`Cannot look up a hash of ${hash.length} bytes`);
    }
    const k0 = this.#k0 = word(hash, 0);
    const k1 = this.#k1 = word(hash, 4);
    const k2 = this.#k2 = word(hash, 8);
    const k3 = this.#k3 = word(hash, 12);
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    let place = k0 & mask;
    while (!Number.isNaN(values[place]!)) {
      const at = place * KEY_WORDS;
      if (keys[at] === k0 && keys[at + 1] === k1 && keys[at + 2] === k2 && keys[at + 3] === k3) {
        break;
      }
      place = (place + 1) & mask;
    }
    return place;
  }

  #grow(): void {
    const places = (this.#mask + 1) * 2;
    if (places > PLACES_MAX) throw new RangeError(`Cannot remember more than ${this.#size} hashes`);
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Int32Array(places * KEY_WORDS);
    this.#values = new Float64Array(places).fill(NaN);
    this.#mask = places - 1;
    for (let from = 0; from < values.length; from++) {
      if (Number.isNaN(values[from]!)) continue;
      let to = keys[from * KEY_WORDS]! & this.#mask;
      while (!Number.isNaN(this.#values[to]!)) to = (to + 1) & this.#mask;
      for (let k = 0; k < KEY_WORDS; k++) {
        this.#keys[to * KEY_WORDS + k] = keys[from * KEY_WORDS + k]!;
      }
      this.#values[to] = values[from]!;
    }
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}
