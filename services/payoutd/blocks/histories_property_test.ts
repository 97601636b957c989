/**
 * Random histories of a pool's blocks: found, announced late or twice, replaced, brought back, while payoutd is killed
 * between any two transactions, or loses the ledger in the middle of one. In the end the books say what the chain says.
 */
import { assertEquals } from "@std/assert";
import { displayHash, type Hash } from "@gopool/chain";
import { type Ledger, LedgerUnavailable } from "@gopool/ledger";
import fc from "@gopool/testing/fc";
import { address, type Mined, POOL_SCRIPT, script, type Stand, startStand } from "./fixture.ts";
import { createBlockWatcher } from "./watcher.ts";
import { createChainFollower } from "./follower.ts";
import { createSettler } from "./settler.ts";
import { ORPHAN_AFTER_MS, ORPHAN_LOOKS, SETTLE_AFTER_MS } from "./limits.ts";

type Step =
  | { readonly kind: "ours"; readonly solo: boolean; readonly announced: boolean }
  | { readonly kind: "others"; readonly count: number }
  | { readonly kind: "replace"; readonly which: number }
  | { readonly kind: "back"; readonly which: number }
  | { readonly kind: "announce" }
  /** Lets payoutd work until the ledger fails it: after so many transactions, before or after the commit. */
  | { readonly kind: "work"; readonly dies: number; readonly after: boolean };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("ours" as const),
      solo: fc.boolean(),
      announced: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("others" as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant("replace" as const), which: fc.nat(5) }),
    fc.record({ kind: fc.constant("back" as const), which: fc.nat(5) }),
    fc.constant({ kind: "announce" as const }),
    fc.record({
      kind: fc.constant("work" as const),
      dies: fc.oneof(fc.nat(40), fc.constant(Infinity)),
      after: fc.boolean(),
    }),
  ),
  { minLength: 6, maxLength: 18 },
);

const RUNS = 4;

/** Every history begins with a block that is credited, orphaned and back: chance would rarely make one. */
const BEGINNING: readonly Step[] = [
  { kind: "ours", solo: false, announced: true },
  { kind: "work", dies: Infinity, after: false },
  { kind: "replace", which: 0 },
  { kind: "work", dies: Infinity, after: false },
  { kind: "back", which: 0 },
];

Deno.test("whatever happens, in the end the books say what the chain says", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      await using stand = await startStand({ maturity: 4, feeBasisPoints: 0 });
      await stand.work(2, 2, 3n);
      await stand.work(3, 2, 5n);
      const value = await stand.subsidy();
      const blocks: Mined[] = [];
      const waiting: Mined[] = [];
      for (const step of [...BEGINNING, ...history]) await take(stand, step, blocks, waiting);
      for (const block of waiting) await stand.announce(block);
      await stand.mineOthers(6);
      for (let i = 0; i < 2; i++) {
        await workUntil(stand, stand.ledger);
        await stand.settleLater();
      }
      await assertBooks(stand, blocks, value);
    }),
    { numRuns: RUNS },
  );
});

async function take(stand: Stand, step: Step, blocks: Mined[], waiting: Mined[]): Promise<void> {
  switch (step.kind) {
    case "ours": {
      const mined = step.solo
        ? await stand.mine({ rest: script(4), facts: { variant: 1, account: address(4) } })
        : await stand.mine();
      blocks.push(mined);
      if (step.announced) await stand.announce(mined);
      else waiting.push(mined);
      return;
    }
    case "others":
      return await stand.mineOthers(step.count);
    case "replace": {
      const one = blocks[step.which];
      if (one !== undefined && await isOnChain(stand, one)) await stand.replace(one);
      return;
    }
    case "back": {
      const one = blocks[step.which];
      if (one === undefined || await isOnChain(stand, one)) return;
      stand.sim.bringBack(displayHash(one.facts.hash as Hash));
      return;
    }
    case "announce": {
      const one = waiting.shift();
      if (one === undefined) return;
      await stand.announce(one);
      await stand.publish(one.facts);
      return;
    }
    case "work":
      await stand.clock.advance(SETTLE_AFTER_MS);
      return await workUntil(stand, dying(stand.ledger, step.dies, step.after));
  }
}

/** A payoutd newly started, at work until its ledger fails it or all is done. */
async function workUntil(stand: Stand, ledger: Ledger): Promise<void> {
  const deps = { ...stand.deps, ledger };
  const watcher = createBlockWatcher(deps);
  const settler = createSettler(deps);
  const follower = createChainFollower(deps);
  const { node } = stand.chains[0]!;
  try {
    for (let i = 0; i <= ORPHAN_LOOKS; i++) {
      while (!await follower.follow({ tip: await node.tip(), node }, stand.signal)) { /* on */ }
      await watcher.look(stand.signal);
      await settler.settle(stand.signal);
      await stand.clock.advance(ORPHAN_AFTER_MS / (ORPHAN_LOOKS - 1));
    }
  } catch (error) {
    if (!(error instanceof LedgerUnavailable)) throw error;
  }
}

/** A ledger that fails after so many transactions: before its commit, or after it with the answer lost. */
function dying(ledger: Ledger, transactions: number, after: boolean): Ledger {
  let left = transactions;
  return {
    name: ledger.name,
    hold: (lock) => ledger.hold(lock),
    async transaction(work, options) {
      if (left-- > 0) return await ledger.transaction(work, options);
      const died = new LedgerUnavailable("killed", after);
      if (after) await ledger.transaction(work, options);
      else {
        await ledger.transaction(async (tx) => {
          await work(tx);
          throw died;
        }, options).catch((error) => {
          if (error !== died) throw error;
        });
      }
      throw died;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function isOnChain({ chains }: Stand, { facts }: Mined): Promise<boolean> {
  return (await chains[0]!.node.confirmations(facts.hash as Hash) ?? -1) > 0;
}

/** The reference: what stands on the chain and is announced is credited, to the satoshi, and nothing else. */
async function assertBooks(stand: Stand, blocks: readonly Mined[], value: bigint): Promise<void> {
  const expected: Record<string, bigint> = {};
  const add = (key: string, sats: bigint) => expected[key] = (expected[key] ?? 0n) + sats;
  const three = (value * 5n + 4n) / 8n;
  for (const { facts } of blocks) {
    const confirmations = await stand.chains[0]!.node.confirmations(facts.hash as Hash) ?? -1;
    const state = confirmations < 1 ? "orphaned" : confirmations < 4 ? "confirmed" : "mature";
    assertEquals((await stand.block(facts.hash))?.state, state);
    const isPools = facts.outputs[0]!.script.every((byte, i) => byte === POOL_SCRIPT[i]);
    if (state === "orphaned" || !isPools) continue;
    const bucket = state === "mature" ? "mature" : "immature";
    add(`a3 ${bucket}`, three);
    add(`a2 ${bucket}`, value - three);
    add(bucket === "mature" ? "wallet mature" : "rewards immature", -value);
  }
  assertEquals(await stand.balances(), expected);
  const coins = await stand.ledger.ask(
    "SELECT coalesce(sum(sats), 0) AS sats FROM coin WHERE state = 'mature'",
  );
  assertEquals(coins, [{ sats: -(expected["wallet mature"] ?? 0n) }]);
}
