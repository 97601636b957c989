/**
 * A payout on a real chain: a coinbase as the pool makes it, matured on btcd, spent by a payment that btcd relays and
 * mines; and every block of it before Bitcoin Core's kernel, which runs the scripts.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { canonicalAddress, decodeBlock, displayHash, type Hash, VARIANT_POOL } from "@gopool/chain";
import { inputsOf } from "@gopool/ledger/payouts";
import { joinNodes, type Node, openNode } from "@gopool/node";
import { bump } from "@gopool/payoutd/payouts";
import { address, KEYS, standOn } from "@gopool/payoutd/payouts/fixture";
import { systemClock } from "@gopool/runtime";
import { findBtcd, startBtcd } from "../real/btcd.ts";
import { findKernel, startKernel } from "../real/kernel.ts";
import { jobOf, mineBlock } from "./pool_blocks.ts";

const btcd = await findBtcd();
const python = await findKernel();

const MATURITY = 100;
const CONFIRMATIONS = 6;

/** A block of the pool's own making on the node's tip, all for `script`. */
async function mineForPool(node: Node, script: Uint8Array, salt: number) {
  const template = await node.template();
  const tip = await node.tip();
  const layout = {
    name: "pool",
    variant: VARIANT_POOL,
    settings: { poolScript: script, soloFeeBasisPoints: 0 },
  };
  const job = jobOf(layout, tip, template, Date.now());
  const transactions = template.transactions.map(({ data }) => data);
  const raw = mineBlock(job, { variant: VARIANT_POOL, account: script, transactions, salt });
  const answer = await node.submit(raw);
  assertEquals(answer.kind, "accepted", answer.answer);
  const block = decodeBlock(raw);
  const coinbase = block.transactions[0]!;
  const vout = coinbase.outputs.findIndex((output) => output.sats > 0n);
  const { sats } = coinbase.outputs[vout]!;
  return { hash: block.hash, height: template.height, txid: coinbase.txid, vout, sats, script };
}

Deno.test({
  name:
    "coinbases of the pool, P2WPKH and P2TR, matured on btcd and were paid out by a transaction that btcd mined; the kernel takes the chain",
  ignore: btcd === null,
  async fn() {
    const miner = canonicalAddress(KEYS[0].script, "regtest")!;
    await using server = await startBtcd(btcd!, { flags: [`--miningaddr=${miner}`] });
    const node = openNode({ url: server.url }, { clock: systemClock });
    await using nodes = joinNodes([node], { clock: systemClock });
    await using stand = await standOn(nodes, {
      settings: { maturity: MATURITY, confirmations: CONFIRMATIONS, feePayer: "shared" },
    });
    const first = await mineForPool(node, KEYS[0].script, 1);
    const second = await mineForPool(node, KEYS[1].script, 2);
    // Two coins are needed, one of each kind.
    const whole = first.sats + 1_000_000n;
    await stand.book(first, { 1: first.sats - 2n, 2: 1n });
    await stand.book(second, { 1: whole - first.sats, 2: 999_999n, 3: 250_000n });
    await server.call("generate", MATURITY - 3);
    await stand.sync();
    await stand.step();
    assertEquals(await stand.balance(1), whole - 2n, "not payable before its hundredth block (I6)");
    await server.call("generate", 2);
    await stand.sync();
    await stand.step();

    const planned = await stand.payout(1n);
    assertEquals(planned.state, "broadcast", stand.detail());
    assertEquals(planned.attempts[0]!.inputs.length, 2);
    assertEquals(await server.call("getrawmempool"), [
      displayHash(planned.attempts[0]!.txid as Hash),
    ]);
    // A replacement with twice the fee: btcd takes it in place of the first.
    await bump(
      stand.deps,
      1n,
      10_000n,
      { who: "test", method: "a try", reason: "slow" },
      stand.signal,
    );
    await stand.step();
    const bumped = (await stand.payout(1n)).attempts[1]!;
    assertEquals(await server.call("getrawmempool"), [displayHash(bumped.txid as Hash)]);

    await server.call("generate", CONFIRMATIONS);
    await stand.sync();
    const paid = await stand.payout(1n);
    assertEquals([paid.state, paid.confirmedAttempt], ["confirmed", 1]);
    for (const { name, grossSats, feeSats } of paid.lines) {
      const n = [1, 2, 3].find((one) => address(one) === name)!;
      assertEquals(await stand.onChain(n), { sats: grossSats - feeSats, outputs: 1 });
      assertEquals(await stand.balance(n), 0n);
    }
    assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });

    if (python === null) return;
    await using kernel = await startKernel(python);
    const { height } = await node.tip();
    let signed = 0;
    for (let at = 1; at <= height; at++) {
      const raw = (await node.block((await node.hashAt(at))!))!;
      assertEquals((await kernel.judge(raw)).reason, null, `block ${at}`);
      signed += decodeBlock(raw).transactions.length - 1;
    }
    assertEquals(signed, 1);
    assertEquals((await kernel.tip()).height, height);
    assertEquals(await kernel.spends(bumped.raw!, inputsOf(bumped)), [true, true]);
  },
});
