/**
 * The share check as a WebAssembly module: from coinbase and merkle branch to the header's hash, and that hash
 * against both targets. Layout of what it reads and writes: see the constants below, all in bytes.
 *
 * @module
 */
import { assemble, Code, type Data, I32, type Local } from "./assembler.ts";
import type { Lanes } from "./lanes.ts";
import {
  emitAtMost,
  emitCompress,
  emitCompressConstant,
  expandConstant,
  INITIAL,
  K,
  spread,
} from "./sha256.ts";

/**
 * A job block. Numbers are hash words: what the hash reads big-endian stands here as a 32-bit number.
 */
export const JOB = {
  /** 8: state after the coinbase's whole blocks before the extranonce. */
  midstate: 0,
  /** 1 or 2: blocks of the coinbase that hold extranonce bytes. */
  variableBlocks: 32,
  /** Which of the variable blocks' words the share's first extranonce word is or-ed into. */
  extranonceWord: 36,
  /** Blocks behind those, the same for every share; and the address of their expanded words. */
  constantBlocks: 40,
  constantAddress: 44,
  branchDepth: 48,
  nbits: 52,
  /** 8: the previous block's hash. */
  previousHash: 64,
  /** 8, most significant first: the network target. */
  networkTarget: 96,
  /** 32: the variable blocks with zeros for the extranonce, padding included. */
  template: 128,
  /** 8 per level: the branch. */
  branch: 256,
} as const;

/** A share and what came of it, 128 bytes. */
export const SHARE = {
  /** 4: extranonce1 and 2 as hash words, shifted to where they begin in their first word. */
  extranonce: 0,
  /** As hash words, that is with their bytes reversed. */
  version: 16,
  ntime: 20,
  nonce: 24,
  /** 8, most significant first. */
  target: 32,
  /** Result: 32 bytes, internal order. */
  hash: 64,
  /** Result: 1 meets the share target, 2 meets the network target. */
  flags: 96,
  bytes: 128,
} as const;

export const MEETS_TARGET = 1;
export const MEETS_NETWORK = 2;

/** First padding word of a message, and the lengths (bits) of the messages that are hashed here. */
const PADDING = 0x8000_0000;
const DIGEST_BITS = 256;
const PAIR_BITS = 512;
const HEADER_BITS = 640;

/** Function indices in the module. */
const COMPRESS = 0;
const COMPRESS_CONSTANT = 1;

/** Where a module keeps its own things in the shared memory. */
interface Layout {
  readonly constants: number;
  readonly pairPadding: number;
  readonly initial: number;
  /** Block with the extranonce: 32 words. */
  readonly message: number;
  /** State of the running hash, then the padding that makes the block of its second round. */
  readonly digest: number;
  /** Running merkle hash and, behind it, its sibling. */
  readonly pair: number;
  /** The header's two blocks. */
  readonly header: number;
}

/** Bytes that a module keeps below `base` + this. */
export const MODULE_BYTES = 4096;

function layoutAt(base: number, { bytes }: Lanes): Layout {
  const initial = base + 512;
  const message = initial + 8 * bytes;
  const digest = message + 32 * bytes;
  const pair = digest + 16 * bytes;
  const header = pair + 16 * bytes;
  return { constants: base, pairPadding: base + 256, initial, message, digest, pair, header };
}

/**
 * The module's bytes. It exports `check(job, order, end)`: judges the shares whose addresses stand from `order`
 * up to `end`, as many at a time as there are lanes; their number must be a multiple of that.
 *
 * @param base Address of MODULE_BYTES that belong to the module alone.
 */
export function shareModule(lanes: Lanes, base: number): Uint8Array<ArrayBuffer> {
  const layout = layoutAt(base, lanes);
  const functions = [
    emitCompress(lanes, layout.constants),
    emitCompressConstant(lanes),
    emitCheck(lanes, layout),
  ];
  return assemble(functions, { check: 2 }, dataOf(lanes, layout));
}

function dataOf(lanes: Lanes, layout: Layout): Data[] {
  const padding = (bits: number, words: number) => [PADDING, ...zeros(words - 2), bits];
  const pairPadding = new Int32Array(64);
  expandConstant(padding(PAIR_BITS, 16), 0, pairPadding, 0);
  return [
    { address: layout.constants, words: K },
    { address: layout.pairPadding, words: [...pairPadding] },
    { address: layout.initial, words: spread(lanes, INITIAL) },
    { address: layout.digest + 8 * lanes.bytes, words: spread(lanes, padding(DIGEST_BITS, 8)) },
    { address: layout.header + 20 * lanes.bytes, words: spread(lanes, padding(HEADER_BITS, 12)) },
  ];
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

function emitCheck(lanes: Lanes, layout: Layout): Code {
  const c = new Code(3);
  const [job, order, end] = [0, 1, 2].map((i) => c.param(i)) as [Local, Local, Local];
  const shares = c.locals(I32, lanes.count);
  const at = c.local(I32);
  const left = c.local(I32);
  const scratch = c.local(lanes.type);
  const { initial, message, digest, pair, header } = layout;
  const { bytes } = lanes;

  /** memory[to] = what `value` pushes, for all lanes. */
  const put = (to: number, value: () => void) => {
    c.const(0);
    value();
    lanes.store(c, to);
  };
  const copy = (from: number, to: number) =>
    put(to, () => {
      c.const(0);
      lanes.load(c, from);
    });
  const spreadJob = (offset: number, to: number) =>
    put(to, () => {
      c.get(job);
      lanes.spread(c, offset);
    });
  const gather = (offset: number, to: number) => put(to, () => lanes.gather(c, shares, offset));
  const compress = (from: number, block: number, to: number) =>
    c.const(from).const(block).const(to).call(COMPRESS);

  c.loopWhile(() => {
    shares.forEach((share, lane) => c.get(order).load(4 * lane).set(share));
    emitTxid();
    emitMerkle();
    emitHeader();
    emitVerdicts();
    c.get(order).const(4 * lanes.count).add().tee(order).get(end).op(0x49);
  });
  return c;

  function emitTxid(): void {
    for (let i = 0; i < 8; i++) spreadJob(JOB.midstate + 4 * i, digest + i * bytes);
    for (let i = 0; i < 32; i++) spreadJob(JOB.template + 4 * i, message + i * bytes);
    // at = message + extranonceWord * bytes
    c.get(job).load(JOB.extranonceWord).const(bytes).op(0x6c).const(message).add().set(at);
    for (let i = 0; i < 4; i++) {
      c.get(at).get(at);
      lanes.load(c, i * bytes);
      lanes.gather(c, shares, SHARE.extranonce + 4 * i);
      lanes.or(c);
      lanes.store(c, i * bytes);
    }
    compress(digest, message, digest);
    c.get(job).load(JOB.variableBlocks).const(1).op(0x4b).if(() => {
      compress(digest, message + 16 * bytes, digest);
    });
    c.get(job).load(JOB.constantAddress).set(at);
    c.get(job).load(JOB.constantBlocks).tee(left).if(() => {
      c.loopWhile(() => {
        c.const(digest).get(at).const(digest).call(COMPRESS_CONSTANT);
        c.increase(at, 256);
        c.get(left).const(1).op(0x6b).tee(left);
      });
    });
    compress(initial, digest, pair);
  }

  function emitMerkle(): void {
    c.get(job).const(JOB.branch).add().set(at);
    c.get(job).load(JOB.branchDepth).tee(left).if(() => {
      c.loopWhile(() => {
        for (let i = 0; i < 8; i++) {
          put(pair + (8 + i) * bytes, () => {
            c.get(at);
            lanes.spread(c, 4 * i);
          });
        }
        compress(initial, pair, digest);
        c.const(digest).const(layout.pairPadding).const(digest).call(COMPRESS_CONSTANT);
        compress(initial, digest, pair);
        c.increase(at, 32);
        c.get(left).const(1).op(0x6b).tee(left);
      });
    });
  }

  function emitHeader(): void {
    gather(SHARE.version, header);
    for (let i = 0; i < 8; i++) {
      spreadJob(JOB.previousHash + 4 * i, header + (1 + i) * bytes);
      copy(pair + i * bytes, header + (9 + i) * bytes);
    }
    gather(SHARE.ntime, header + 17 * bytes);
    spreadJob(JOB.nbits, header + 18 * bytes);
    gather(SHARE.nonce, header + 19 * bytes);
    compress(initial, header, digest);
    compress(digest, header + 16 * bytes, digest);
    compress(initial, digest, pair);
  }

  function emitVerdicts(): void {
    const share = c.local(lanes.type);
    const network = c.local(lanes.type);
    const word = c.local(lanes.type);
    lanes.constant(c, -1);
    c.tee(share).set(network);
    for (let i = 0; i < 8; i++) {
      c.const(0);
      lanes.load(c, pair + i * bytes);
      lanes.swap(c, scratch);
      c.set(word);
      lanes.scatter(c, word, shares, SHARE.hash + 4 * i);
      // The hash is a little-endian number: its last word is the most significant one.
      const offset = 4 * (7 - i);
      emitAtMost(c, lanes, share, word, () => lanes.gather(c, shares, SHARE.target + offset));
      emitAtMost(c, lanes, network, word, () => {
        c.get(job);
        lanes.spread(c, JOB.networkTarget + offset);
      });
    }
    c.get(share);
    lanes.constant(c, MEETS_TARGET);
    lanes.and(c);
    c.get(network);
    lanes.constant(c, MEETS_NETWORK);
    lanes.and(c);
    lanes.or(c);
    c.set(word);
    lanes.scatter(c, word, shares, SHARE.flags);
  }
}
