/**
 * What every Node promises, as tests. They build on the node's chain at regtest's difficulty, so a node that has
 * anything worth keeping must not be given to them.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { displayHash, type Hash, type Network, subsidyAt } from "@gopool/chain";
import { blockOf, blockOn, type BuiltBlock } from "./contract_blocks.ts";
import type { Node, Tip } from "./port.ts";

export { spendingContract } from "./contract_spending.ts";
export { blockOf, blockOn, type BlockParts, type BuiltBlock } from "./contract_blocks.ts";

/** A node to be tried, and what ends it. */
export interface Bench extends AsyncDisposable {
  readonly node: Node;
  readonly network: Network;
}

/** Real nodes take their time, and the machine may be shared. */
const DEADLINE_MS = 20_000;

export function nodeContract(
  adapter: string,
  open: () => Promise<Bench>,
  options: { ignore?: boolean } = {},
): void {
  function promises(what: string, check: (bench: Bench) => Promise<void>): void {
    Deno.test({
      name: `${adapter}: ${what}`,
      ignore: options.ignore ?? false,
      async fn() {
        await using bench = await open();
        await check(bench);
      },
    });
  }

  promises(
    "it names its network and its best block, and is ready then",
    async ({ node, network }) => {
      assertEquals(node.health.ok, false);
      const chain = await node.chain();
      const tip = await node.tip();
      assertEquals(chain.network, network);
      assertEquals([chain.height, shown(chain.bestHash)], [tip.height, shown(tip.hash)]);
      assertEquals(chain.syncing, false);
      assertEquals(node.health, { ok: true, detail: "ready" });
      assertMatch(node.name, /^[\w.[\]:-]+:\d+$/);
    },
  );

  promises("its template stands on its tip, with times that fit the tip's", async ({ node }) => {
    const tip = await node.tip();
    const template = await node.template();
    assertEquals(shown(template.previousHash), shown(tip.hash));
    assertEquals(template.height, tip.height + 1);
    assertEquals(template.mintime, tip.medianTime + 1);
    assert(template.curtime >= template.mintime);
    assert(template.coinbaseValue > 0n);
    assert(template.longPollId !== null);
  });

  promises(
    "a block from its template is proposed, accepted, and then the tip",
    async ({ node }) => {
      const before = await node.tip();
      const block = blockOf(await node.template());
      assertEquals(await node.propose(block.bytes), null);
      assertEquals((await node.submit(block.bytes)).kind, "accepted");
      assertEquals(shown((await node.tip()).hash), shown(block.hash));
      assertEquals(shown(await node.hashAt(block.height)), shown(block.hash));
      assertEquals(await node.confirmations(block.hash), 1);
      assertEquals(await node.confirmations(before.hash), 2);
    },
  );

  promises("a block that it has already is a duplicate, as often as one asks", async ({ node }) => {
    const block = blockOf(await node.template());
    await node.submit(block.bytes);
    assertEquals((await node.submit(block.bytes)).kind, "duplicate");
    assertEquals((await node.submit(block.bytes)).kind, "duplicate");
  });

  promises(
    "a block that pays too much is refused, in words, and is not the tip",
    async ({ node }) => {
      const template = await node.template();
      const block = blockOf(template, { coinbaseValue: template.coinbaseValue + 1n });
      assertMatch(String(await node.propose(block.bytes)), /^bad-cb-(amount|value)$/);
      const answer = await node.submit(block.bytes);
      assertEquals(answer.kind, "refused");
      assert(answer.answer.length > 5);
      assertEquals(shown((await node.tip()).hash), shown(template.previousHash));
    },
  );

  promises("a block with another height in its coinbase is refused", async ({ node }) => {
    // A block first: there is no height below the first one.
    await node.submit(blockOf(await node.template()).bytes);
    const template = await node.template();
    // Too low: too high would make the coinbase's lock time the first complaint.
    const block = blockOf(template, { height: template.height - 1 });
    assertEquals(await node.propose(block.bytes), "bad-cb-height");
    assertEquals((await node.submit(block.bytes)).kind, "refused");
  });

  promises("bytes that are no block are refused", async ({ node }) => {
    const answer = await node.submit(new Uint8Array(81));
    assertEquals(answer.kind, "refused");
  });

  promises(
    "a sibling of the tip is inconclusive until its child makes it the tip",
    async (bench) => {
      const { node, network } = bench;
      const template = await node.template();
      const first = blockOf(template, { salt: 1 });
      const second = blockOf(template, { salt: 2 });
      assertEquals((await node.submit(first.bytes)).kind, "accepted");
      assertEquals((await node.submit(second.bytes)).kind, "inconclusive");
      assertEquals(await node.confirmations(second.hash), -1);
      assertEquals(shown((await node.tip()).hash), shown(first.hash));

      const child = blockOn(second, template, subsidyAt(network, second.height + 1));
      assertEquals((await node.submit(child.bytes)).kind, "accepted");
      assertEquals(await node.confirmations(second.hash), 2);
      assertEquals(await node.confirmations(first.hash), -1);
      assertEquals(shown(await node.hashAt(second.height)), shown(second.hash));
    },
  );

  promises(
    "a block whose parent it does not know is refused, every time",
    async ({ node, network }) => {
      const template = await node.template();
      const parent = blockOf(template);
      const orphan = blockOn(parent, template, subsidyAt(network, parent.height + 1));
      for (let i = 0; i < 2; i++) {
        const answer = await node.submit(orphan.bytes);
        assertEquals(answer.kind, "refused");
        assertMatch(answer.answer, /^prev-blk-not-found/);
      }
      assertEquals(await node.confirmations(orphan.hash), null);
    },
  );

  promises("what it does not know is null, not an error", async ({ node }) => {
    assertEquals(await node.confirmations(new Uint8Array(32).fill(7) as Hash), null);
    const { height } = await node.tip();
    assertEquals(await node.hashAt(height + 1), null);
    assertEquals(shown(await node.hashAt(height)), shown((await node.tip()).hash));
  });

  promises(
    "a long poll parks until there is a new block, and holds up nothing else",
    async ({ node }) => {
      const template = await node.template();
      let woken = false;
      const parked = node.template({ longPollId: template.longPollId! }).finally(() =>
        woken = true
      );
      await node.chain();
      await node.template();
      assertEquals(woken, false);
      const block = blockOf(template);
      await node.submit(block.bytes);
      assertEquals(shown((await inTime(parked, "the long poll")).previousHash), shown(block.hash));
    },
  );

  promises(
    "an aborted call rejects with the signal's reason, and harms no health",
    async ({ node }) => {
      const { longPollId } = await node.template();
      const stop = new AbortController();
      const parked = node.template({ longPollId: longPollId!, signal: stop.signal });
      const reason = new Error("enough");
      stop.abort(reason);
      assertEquals(await assertRejects(() => parked), reason);
      assertEquals(node.health.ok, true);
    },
  );

  promises(
    "watch() tells the tip as it is, then each new one, and ends on abort",
    async ({ node }) => {
      const stop = new AbortController();
      const tips = node.watch(stop.signal)[Symbol.asyncIterator]();
      const next = async (): Promise<Tip> => {
        const { value, done } = await inTime(tips.next(), "the next tip");
        assert(!done);
        return value;
      };
      assertEquals(shown((await next()).hash), shown((await node.tip()).hash));
      for (let i = 0; i < 3; i++) {
        const block: BuiltBlock = blockOf(await node.template());
        const told = next();
        await node.submit(block.bytes);
        const tip = await told;
        assertEquals([shown(tip.hash), tip.height], [shown(block.hash), block.height]);
        assertEquals(tip.time, block.time);
      }
      const end = tips.next();
      stop.abort();
      assertEquals((await inTime(end, "the end")).done, true);
    },
  );
}

function shown(hash: Hash | null): string {
  return hash === null ? "none" : displayHash(hash);
}

/** The promise, or an error once the deadline is over. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let lateAt: (error: Error) => void = () => {};
  const late = new Promise<never>((_, reject) => lateAt = reject);
  const timer = setTimeout(() => lateAt(new Error(`Waited too long for ${what}`)), DEADLINE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
