/**
 * The pool on a chain with a real difficulty: two btcd nodes joined as a signet whose blocks need no signature. Here a
 * share is easier than a block, and vardiff has something to find.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  canonicalAddress,
  difficultyFromBits,
  fromHex,
  type Hash,
  headerHash,
  meetsTarget,
  targetFromBits,
} from "@gopool/chain";
import { waitFor } from "@gopool/testing";
import { findBtcd, startBtcd } from "../real/btcd.ts";
import { type Share, TestMiner } from "./miner.ts";
import { startPool } from "./pool.ts";

const btcd = await findBtcd();

const address = (byte: string) => canonicalAddress(fromHex(`0014${byte.repeat(20)}`), "signet")!;

/** What the miner hashes in a second at most, whatever the machine could: 10 s of it are a block. */
const HASHES_PER_SECOND = 500_000;
/** The pool's own aim. */
const SHARES_PER_MINUTE = 15;
/** Difficulty 1 is 2^32 hashes (2^48 / 65535, to be exact). */
const rightDifficulty = (hashesPerSecond: number) =>
  hashesPerSecond * 60 / SHARES_PER_MINUTE / 2 ** 32;
/** Far too easy: 30 shares a second. */
const START_DIFFICULTY = rightDifficulty(HASHES_PER_SECOND) / 120;

const BLOCKS = 2;
const SETTLED_AFTER_MS = 50_000;
/** Eleven blocks are found in 110 s on average; a machine at two thirds of the pace has as many chances. */
const DEADLINE_MS = 165_000;
/** What the difficulty at the end was found from: the shares of about this long. */
const RECENT_MS = 25_000;

Deno.test({
  name: "btcd as signet: shares are no blocks, vardiff settles, blocks reach the second node",
  ignore: btcd === null,
  async fn() {
    await using first = await startBtcd(btcd!, { network: "signet", listen: true });
    await using second = await startBtcd(btcd!, { network: "signet", connect: first.peers! });
    await using pool = await startPool({
      GOPOOL_NODE_URL: first.url.href,
      GOPOOL_POOL_ADDRESS: address("77"),
      GOPOOL_STRATUM_START_DIFFICULTY: String(START_DIFFICULTY),
    });
    assertEquals(pool.view.network, "signet");
    await using miner = await TestMiner.connect(pool.port, {
      username: `${address("88")}.signet`,
      userAgent: "cpuminer-opt/24.5",
      versionMask: 0x1fffe000,
    });
    const network = difficultyFromBits(miner.connection.notify!.nbits);
    const shares: Share[] = [];
    const pace: { atMs: number; hashes: number }[] = [];
    const startedMs = performance.now();
    const elapsedMs = () => performance.now() - startedMs;
    const stop = AbortSignal.timeout(DEADLINE_MS);
    const done = () => elapsedMs() >= SETTLED_AFTER_MS && pool.view.blocks().accepted >= BLOCKS;
    while (!done() && !stop.aborted) {
      const share = await miner.share({ signal: stop, hashesPerSecond: HASHES_PER_SECOND });
      if (share !== null) shares.push(share);
      pace.push({ atMs: elapsedMs(), hashes: miner.hashes });
    }
    // A busy machine is slower than the pace: right is what fits the hashes that it did.
    const last = pace.at(-1)!;
    const from = pace.find(({ atMs }) => atMs >= last.atMs - RECENT_MS)!;
    const right = rightDifficulty((last.hashes - from.hashes) / (last.atMs - from.atMs) * 1000);

    const accepted = shares.filter(({ answer }) => answer.accepted);
    const blocks = accepted.filter(({ header, notify }) =>
      meetsTarget(headerHash(header) as Hash, targetFromBits(notify.nbits))
    );
    const settled = miner.connection.difficulty;
    const words = `${accepted.length} shares, ${blocks.length} blocks, difficulties ` +
      `${miner.difficulties.join(" ")} for ${right} of ${network} after ${
        Math.round(elapsedMs() / 1000)
      } s`;
    // Stale ones come about a tip that has just moved; nothing else is refused.
    const refusals = shares.flatMap(({ answer }) => answer.accepted ? [] : [answer.error]);
    assert(refusals.every((error) => Array.isArray(error) && error[0] === 21), words);
    assertGreater(blocks.length, BLOCKS - 1, words);
    assertGreater(accepted.length, blocks.length, words);

    // From 30 shares a second to one in four seconds, give or take what chance does to so few of them.
    assertGreater(miner.difficulties.length, 1, words);
    assertGreater(settled, right / 2, words);
    assertLess(settled, right * 2, words);
    assertLess(settled, network, words);

    // The last share may be a block that is still on its way, and two of them may be on one parent.
    const heights = new Set(blocks.map(({ notify }) => notify.prevHashWire)).size;
    await waitFor(
      async () => Number(await first.call("getblockcount")) === heights,
      `${heights} blocks on the node's chain`,
    );
    await waitFor(() => pool.view.blocks().accepted >= heights, "each counted as accepted");
    const best = await first.call("getbestblockhash");
    assert(blocks.some(({ hash }) => hash === best), words);
    await waitFor(async () => await second.call("getbestblockhash") === best, "the second node");
  },
});
