/**
 * A search for nonces as a WebAssembly module: four headers at a time that differ in their nonce alone.
 *
 * @module
 */
import { assemble, Code, I32, type Local, V128 } from "./assembler.ts";
import { FOUR } from "./lanes.ts";
import { emitAtMost, emitCompress, INITIAL, K, spread } from "./sha256.ts";

/** Most nonces found in one call of `scan`: it then returns early, and is called again. */
export const HITS_MAX = 4096;

const LANE_BYTES = FOUR.bytes;
/** Addresses of the module's own memory. Everything but target and hits is in lane form: 16 bytes a word. */
export const SCAN = {
  constants: 0,
  initial: 256,
  /** 0, 1, 2, 3: what the lanes' nonces differ by. */
  steps: 256 + 8 * LANE_BYTES,
  /** State after the header's first 64 bytes. */
  midstate: 512,
  /** The header's second block; its fourth word is the nonce. */
  block: 512 + 8 * LANE_BYTES,
  /** The first hash and the padding behind it. */
  digest: 512 + 24 * LANE_BYTES,
  hash: 512 + 40 * LANE_BYTES,
  /** 8 numbers, most significant first. */
  target: 2048,
  left: 4092,
  hits: 4096,
} as const;

const NONCE_WORD = 3;
const COMPRESS = 0;

/**
 * The module's bytes. It exports `scan(nonce, groups)`: tries four nonces per group from `nonce` up, at least one
 * group, and stops early when the list of hits is full. Returns the address behind the last hit and leaves the
 * number of groups not tried at SCAN.left.
 */
export function scanModule(): Uint8Array<ArrayBuffer> {
  const words = spread(FOUR, [0x8000_0000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 640]);
  const padding = spread(FOUR, [0x8000_0000, 0, 0, 0, 0, 0, 0, 256]);
  return assemble([emitCompress(FOUR, SCAN.constants), emitScan()], { scan: 1 }, [
    { address: SCAN.constants, words: K },
    { address: SCAN.initial, words: spread(FOUR, INITIAL) },
    { address: SCAN.steps, words: [0, 1, 2, 3] },
    { address: SCAN.block + 4 * LANE_BYTES, words },
    { address: SCAN.digest + 8 * LANE_BYTES, words: padding },
  ]);
}

function emitScan(): Code {
  const c = new Code(2, true);
  const [nonce, groups] = [0, 1].map((i) => c.param(i)) as [Local, Local];
  const hit = c.local(I32);
  const met = c.local(I32);
  const nonces = c.local(V128);
  const word = c.local(V128);
  const mask = c.local(V128);
  const scratch = c.local(V128);

  c.const(SCAN.hits).set(hit);
  c.loopWhile(() => {
    c.const(0).get(nonce).simd(0x11).const(0);
    FOUR.load(c, SCAN.steps);
    FOUR.add(c);
    c.tee(nonces);
    FOUR.swap(c, scratch);
    FOUR.store(c, SCAN.block + NONCE_WORD * LANE_BYTES);
    c.const(SCAN.midstate).const(SCAN.block).const(SCAN.digest).call(COMPRESS);
    c.const(SCAN.initial).const(SCAN.digest).const(SCAN.hash).call(COMPRESS);
    // Almost always the most significant word decides: at most the target's in no lane.
    loadWord(7);
    c.const(0);
    FOUR.spread(c, SCAN.target);
    c.simd(0x3e).simd(0x53).if(() => {
      FOUR.constant(c, -1);
      c.set(mask);
      for (let i = 0; i < 8; i++) {
        loadWord(i);
        c.set(word);
        emitAtMost(c, FOUR, mask, word, () => {
          c.const(0);
          FOUR.spread(c, SCAN.target + 4 * (7 - i));
        });
      }
      c.get(mask).simd(0xa4).set(met);
      for (let lane = 0; lane < 4; lane++) {
        // Written in any case; kept only if it met: no branch.
        c.get(hit).get(nonces).simd(0x1b, lane).store(0);
        c.get(met).const(lane).op(0x76).const(1).op(0x71).const(2).op(0x74);
        c.get(hit).add().set(hit);
      }
    });
    c.increase(nonce, 4);
    c.get(groups).const(1).op(0x6b).tee(groups);
    // Goes on while there are groups and there is room for four more.
    c.const(0).op(0x47).get(hit).const(SCAN.hits + 4 * (HITS_MAX - 4)).op(0x4d).op(0x71);
  });
  c.const(0).get(groups).store(SCAN.left);
  return c.get(hit);

  /** A word of the hash as part of a number: its bytes reversed. */
  function loadWord(i: number): void {
    c.const(0);
    FOUR.load(c, SCAN.hash + i * LANE_BYTES);
    FOUR.swap(c, scratch);
  }
}
