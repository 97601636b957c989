/** The services as they run: on their own loops, restarted, with a node away and the bus's records coming late. */
import { assert, assertEquals } from "@std/assert";
import { encodeRecord, miningJobs, shareValid } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import { chainTip } from "@gopool/ledger/blocks";
import type { Nodes } from "@gopool/node";
import { runTogether } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { type Stand, startStand } from "./fixture.ts";
import { createBlocks } from "./mod.ts";
import { createBlockWatcher } from "./watcher.ts";

/** Runs the keeper's services while `work` does; they must all end when told to. */
async function withKeeper(stand: Stand, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const { keeper } = createBlocks(stand.deps);
  const running = runTogether(stop.signal, ...keeper.map(({ run }) => run));
  try {
    await Promise.race([work(), running]);
  } finally {
    stop.abort();
    await running;
  }
}

/** Lets fake time pass until it holds. */
function passing<T>(stand: Stand, what: string, condition: () => Promise<T>) {
  return waitFor(async () => {
    await stand.clock.advance(5_000);
    return await condition();
  }, what);
}

Deno.test("found, confirmed, settled, mature, over a restart and a node that is away for a while", async () => {
  await using stand = await startStand({ maturity: 3 });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  const mined = await stand.mine();
  const { hash } = mined.facts;
  await withKeeper(stand, async () => {
    await stand.announce(mined);
    await passing(
      stand,
      "its confirmation",
      async () => (await stand.block(hash))?.state === "confirmed",
    );
  });
  stand.sim.warmingUp(true);
  await withKeeper(stand, async () => {
    await stand.clock.advance(60_000);
    stand.sim.warmingUp(false);
    await passing(stand, "its split", async () => (await stand.block(hash))?.booked);
    await stand.mineOthers(2);
    await passing(stand, "its maturity", async () => (await stand.block(hash))?.matured);
    await passing(stand, "the follower", async () => {
      const tip = await stand.ledger.transaction(chainTip);
      return tip !== null && displayHash(tip.hash as Hash) === stand.sim.bestHash;
    });
  });
  assertEquals(await stand.balances(), {
    "fee mature": value / 100n,
    "a2 mature": value - value / 100n,
    "wallet mature": -value,
  });
});

Deno.test("a block that waits for its shares is said after a while, and settled when they are in", async () => {
  await using stand = await startStand();
  const mined = await stand.mine();
  await stand.announce(mined);
  await stand.look();
  // A share that was judged and is not applied.
  await stand.bus.publish(shareValid, [{ partition: 0, value: new Uint8Array([1]) }]);
  assertEquals(await stand.settleLater(), 0);
  assertEquals(
    (await stand.block(mined.facts.hash))?.waitsFor,
    "share.valid/0 is applied up to offset 0, the minute needs 1",
  );
  await stand.clock.advance(16 * 60_000);
  await stand.settler.settle(stand.signal);
  const said = () => stand.deps.board.all().find(({ part }) => part.includes("to settle"));
  assert(said()?.detail.includes("is applied up to offset 0"));
  await stand.ledger.ask("UPDATE share_position SET next_offset = 1 WHERE partition = 0");
  assertEquals(await stand.settler.settle(stand.signal), 1);
  assertEquals([said(), (await stand.block(mined.facts.hash))?.waitsFor], [undefined, null]);
});

Deno.test("a coinbase that is worth less than its template allowed is said", async () => {
  await using stand = await startStand();
  const value = await stand.subsidy();
  await stand.bus.publish(miningJobs, [
    { key: new Uint8Array([1]), value: new Uint8Array([255, 255]) },
    encodeRecord(miningJobs, { id: "0000000100000000", coinbaseValue: value + 9n }, {
      key: "gopool",
    }),
  ]);
  const mined = await stand.mine();
  await stand.announce(mined);
  const { remarks } = (await stand.block(mined.facts.hash))!;
  assertEquals(remarks, [`Its coinbase pays ${value} sats, its template allowed ${value + 9n}`]);
});

Deno.test("nodes are asked about blocks again only when a tip or a block has changed", async () => {
  await using stand = await startStand();
  const [node] = stand.nodes.list;
  let asked = 0;
  const counting = {
    name: node!.name,
    chain: () => node!.chain(),
    hashAt: (height: number) => node!.hashAt(height),
    block: (hash: Hash) => node!.block(hash),
    confirmations: (hash: Hash) => (asked++, node!.confirmations(hash)),
  };
  const nodes = { list: [counting] } as unknown as Nodes;
  const watcher = createBlockWatcher({ ...stand.deps, nodes });
  const looks = async (count: number) => {
    asked = 0;
    for (let i = 0; i < count; i++) await watcher.look(stand.signal);
    return asked;
  };
  await stand.announce(await stand.mine());
  assertEquals(await looks(5), 2, "to see it, and that nothing is left to do");
  await stand.mineOthers(1);
  assertEquals(await looks(5), 1);
  await stand.announce(await stand.mine({ to: [] }));
  assertEquals(await looks(3), 6, "one that no node knows is asked about each time");
});
