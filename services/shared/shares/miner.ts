/**
 * A nonce scanner for the demo miner and for tests that need real proof of work: one core, no hardware.
 *
 * @module
 */
import { HEADER_BYTES, midstate } from "@gopool/chain";
import { wordAt } from "./job_block.ts";
import { SCAN, scanModule } from "./wasm/scan.ts";

const NONCES = 2 ** 32;
const LANES = 4;
const PAGE_BYTES = 65_536;
const TARGET_BYTES = 32;

/** Looks for nonces that make a header good enough. One at a time: its memory is its own. */
export interface NonceScanner {
  /**
   * All nonces from `from` up to but not with `from + count` for which the header's hash is at or below the
   * target, in rising order. Several million a second: a count of 20,000 keeps an event loop lively.
   *
   * @param header 80 bytes; its own nonce does not matter.
   * @param target 32 bytes, big-endian.
   * @throws {RangeError} Another length, or nonces outside 0 to 2^32 - 1.
   */
  scan(header: Uint8Array, target: Uint8Array, from: number, count: number): number[];
}

let module: WebAssembly.Module | undefined;

export function createNonceScanner(): NonceScanner {
  module ??= new WebAssembly.Module(scanModule());
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const words = new Int32Array(memory.buffer, 0, PAGE_BYTES / 4);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const run = instance.exports.scan as (nonce: number, groups: number) => number;

  /** A word in all four lanes. */
  const spread = (address: number, word: number) =>
    words.fill(word, address >> 2, (address >> 2) + LANES);

  return {
    scan(header, target, from, count) {
      if (header.length !== HEADER_BYTES || target.length !== TARGET_BYTES) {
        throw new RangeError(
          `Cannot scan a header of ${header.length} bytes for a target of ${target.length}: must be 80 and 32`,
        );
      }
      if (!inRange(from) || !inRange(count) || from + count > NONCES) {
        throw new RangeError(`Cannot scan ${count} nonces from ${from}: must lie below 2^32`);
      }
      midstate(header.subarray(0, 64)).forEach((w, i) => spread(SCAN.midstate + 16 * i, w));
      for (let i = 0; i < 3; i++) spread(SCAN.block + 16 * i, wordAt(header, 64 + 4 * i));
      for (let i = 0; i < 8; i++) words[(SCAN.target >> 2) + i] = wordAt(target, 4 * i);
      const found: number[] = [];
      const end = from + count;
      for (let at = from; at < end;) {
        const groups = Math.ceil((end - at) / LANES);
        const behind = run(at, groups);
        for (let hit = SCAN.hits; hit < behind; hit += 4) {
          const nonce = words[hit >> 2]! >>> 0;
          // The last group may reach past the end (and then round to 0).
          if (nonce >= at && nonce < end) found.push(nonce);
        }
        at += (groups - words[SCAN.left >> 2]!) * LANES;
      }
      return found;
    },
  };
}

function inRange(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= NONCES;
}
