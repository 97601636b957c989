/**
 * Which partition a key belongs to: murmur2 as Kafka's own clients use it for records with a key
 * (org.apache.kafka.common.utils.Utils and BuiltInPartitioner), so that a log copied from one adapter to
 * another keeps every key where it was.
 *
 * @module
 */

/** Constants of MurmurHash2, 32 bit, and the seed that Kafka took. */
const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** MurmurHash2 of the bytes as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let h = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> R;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const left = length - at;
  if (left > 0) {
    if (left === 3) h ^= bytes[at + 2]! << 16;
    if (left >= 2) h ^= bytes[at + 1]! << 8;
    h ^= bytes[at]!;
    h = Math.imul(h, M);
  }
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

/** The partition of a key among `count`. Kafka clears the sign bit; it does not take the absolute value. */
export function partitionOfKey(key: Uint8Array, count: number): number {
  return (murmur2(key) & 0x7fff_ffff) % count;
}
