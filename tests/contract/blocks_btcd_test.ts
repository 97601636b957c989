/**
 * A block of the pool through a real reorganisation: btcd goes over to a rival's branch and back, and the books follow.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { displayHash, type Hash } from "@gopool/chain";
import { chainTip, openUnknown } from "@gopool/ledger/blocks";
import { joinNodes, openNode } from "@gopool/node";
import { startStand } from "@gopool/payoutd/blocks/fixture";
import { systemClock } from "@gopool/runtime";
import { rivalBlocks } from "../e2e/rival.ts";
import { findBtcd, startBtcd } from "../real/btcd.ts";

const btcd = await findBtcd();

Deno.test({
  name: "btcd reorganises: a block is credited, orphaned, back under its next epoch, and mature",
  ignore: btcd === null,
  async fn() {
    await using server = await startBtcd(btcd!);
    const node = openNode({ url: server.url }, { clock: systemClock });
    await using nodes = joinNodes([node], { clock: systemClock });
    // The first block of a new chain: btcd refuses templates to a node without any.
    await using stand = await startStand({ on: nodes, maturity: 8, feeBasisPoints: 0 });
    const genesis = displayHash((await node.tip()).hash);
    await rivalBlocks(server, genesis, 1, 2);
    await stand.work(2, 1, 1n);
    const value = await stand.subsidy();
    await stand.follow();
    const parent = displayHash((await node.tip()).hash);

    const mined = await stand.mine();
    const { hash, height } = mined.facts;
    await stand.announce(mined);
    await stand.follow();
    await stand.look();
    assertEquals(await stand.settleLater(), 1);
    const credited = { "a2 immature": value, "rewards immature": -value };
    assertEquals(await stand.balances(), credited);

    const rival = await rivalBlocks(server, parent, height, 2);
    await stand.follow();
    assertEquals(displayHash((await stand.ledger.transaction(chainTip))!.hash as Hash), rival);
    await stand.lookLong();
    const orphan = await stand.block(hash);
    assertEquals([orphan?.state, orphan?.confirmations], ["orphaned", -1]);
    assertEquals(await stand.balances(), {});

    await rivalBlocks(server, displayHash(hash as Hash), height + 1, 3);
    await stand.follow();
    await stand.look();
    assertEquals((await stand.block(hash))?.epoch, 1);
    assertEquals(await stand.balances(), credited);

    await rivalBlocks(server, displayHash((await node.tip()).hash), height + 4, 4);
    await stand.follow();
    await stand.look();
    assertEquals(await stand.balances(), { "a2 mature": value, "wallet mature": -value });
    assertEquals(await stand.ledger.transaction((tx) => openUnknown(tx, 9)), []);
  },
});
