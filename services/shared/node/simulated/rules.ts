/**
 * The consensus constants the simulated node judges by. Names and values are Bitcoin Core's
 * (consensus/consensus.h, consensus/amount.h, script/script.h, kernel/chainparams.cpp for regtest).
 *
 * @module
 */

export const MAX_BLOCK_WEIGHT = 4_000_000;
export const WITNESS_SCALE_FACTOR = 4;
export const MAX_BLOCK_SIGOPS_COST = 80_000;
export const MAX_MONEY = 21_000_000n * 100_000_000n;
/** A coinbase output may be spent this many blocks after its own. */
export const COINBASE_MATURITY = 100;
/** A header's time may be this far ahead of the node's clock. */
export const MAX_FUTURE_BLOCK_TIME_S = 2 * 60 * 60;
/** Blocks whose times give the median that a new block must exceed (BIP 113). */
export const MEDIAN_TIME_SPAN = 11;
/** Lock times below this are heights, from here on Unix times. */
export const LOCKTIME_THRESHOLD = 500_000_000;
export const SEQUENCE_FINAL = 0xffffffff;
/** BIP 34, 66 and 65 hold from block 1 on regtest, so a version below this is refused. */
export const OLDEST_VERSION = 4;
/** Largest length Bitcoin Core reads for one vector or script (serialize.h MAX_SIZE). */
export const MAX_SIZE = 0x02000000;
/** Scripts above this can never be spent, nor can those that start with OP_RETURN. */
export const MAX_SCRIPT_SIZE = 10_000;
/** Easiest target regtest allows: half of all hashes meet it. */
export const POW_LIMIT_BITS = 0x207fffff;
/** Version of new blocks: the BIP 9 top bits, nothing signalled. */
export const BLOCK_VERSION = 0x20000000;

/** The regtest genesis block, so that Bitcoin Core's own regtest chain can follow the simulated one. */
export const GENESIS_BLOCK = "0100000000000000000000000000000000000000000000000000000000000000" +
  "000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000" +
  "0101000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d" +
  "0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f6620" +
  "7365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe554827" +
  "1967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d57" +
  "8a4c702b6bf11d5fac00000000";
