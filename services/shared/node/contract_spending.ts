/**
 * What every Node promises to those who pay out, as tests. Like those of contract.ts they build on the node's chain at
 * regtest's difficulty, some hundred blocks of it: a node that has anything worth keeping must not be given to them.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  decodeBlock,
  decodeTransaction,
  displayHash,
  equalBytes,
  type Hash,
  subsidyAt,
  weightOf,
} from "@gopool/chain";
import { type SigningKey, signingKey, signPayment } from "@gopool/chain/psbt";
import type { Bench } from "./contract.ts";
import { blockOf, blockOn, type BuiltBlock } from "./contract_blocks.ts";
import type { Node, SendAnswer } from "./port.ts";

const P2WPKH = signingKey(new Uint8Array(32).fill(1), "p2wpkh");
const P2TR = signingKey(new Uint8Array(32).fill(2), "p2tr");
/** Whoever is paid. */
const PAYEE = Uint8Array.from([0x00, 20, ...new Array(20).fill(9)]);

/** COINBASE_MATURITY. */
const MATURITY = 100;
/** BIP 125: it may be replaced; btcd and old Bitcoin Cores ask for that. */
const REPLACEABLE = 0xfffffffd;

interface Coin {
  readonly txid: Hash;
  readonly sats: bigint;
  readonly key: SigningKey;
}

/** Mines one block, to a key or to nobody. Gives it and its reward. */
async function mine(node: Node, key?: SigningKey, value?: bigint): Promise<[BuiltBlock, Coin]> {
  const template = await node.template();
  const block = blockOf(template, {
    ...(key ? { payee: key.script } : {}),
    ...(value === undefined ? {} : { coinbaseValue: value }),
  });
  assertEquals((await node.submit(block.bytes)).kind, "accepted");
  const [coinbase] = decodeBlock(block.bytes).transactions;
  const sats = value ?? template.coinbaseValue;
  return [block, { txid: coinbase!.txid, sats, key: key ?? P2WPKH }];
}

/** Rewards that may be spent, one for each key; the last is a block too young. */
async function ripeCoins(node: Node, keys: readonly SigningKey[]): Promise<Coin[]> {
  const coins: Coin[] = [];
  for (const key of keys) coins.push((await mine(node, key))[1]);
  for (let i = 0; i < MATURITY - 2; i++) await mine(node);
  return coins;
}

/** Spends coins to the payee, signed. */
function pay(coins: readonly Coin[], fee: bigint) {
  const total = coins.reduce((sum, { sats }) => sum + sats, 0n);
  const inputs = coins.map(({ txid, sats, key: { script } }) => ({
    txid,
    vout: 0,
    sats,
    script,
    sequence: REPLACEABLE,
  }));
  const outputs = [{ script: PAYEE, sats: total - fee }];
  return signPayment({ inputs, outputs, lockTime: 0 }, coins.map(({ key }) => key));
}

/** A node may give a template that it has made before (btcd, for a minute): the next one has what waits. */
async function mineUntilConfirmed(node: Node, txid: Hash): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await mine(node);
    if (await node.coin(txid, 0, { mempool: false }) !== null) return;
  }
  throw new Error("No block took the payment");
}

function reasonOf(answer: SendAnswer): string {
  assertEquals(answer.kind, "refused");
  return answer.kind === "refused" ? answer.reason : "";
}

export function spendingContract(
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
    "it gives every block that it has, byte for byte, and null for others",
    async (bench) => {
      const { node, network } = bench;
      const template = await node.template();
      const first = blockOf(template, { salt: 1 }), beside = blockOf(template, { salt: 2 });
      for (const block of [first, beside]) await node.submit(block.bytes);
      const child = blockOn(first, template, subsidyAt(network, first.height + 1));
      await node.submit(child.bytes);
      for (const { hash, bytes } of [first, child, beside]) {
        assertEquals(equalBytes((await node.block(hash))!, bytes), true);
      }
      assertEquals(await node.block(new Uint8Array(32).fill(7) as Hash), null);
    },
  );

  promises("a coin has the amount that its block gave it, to the satoshi", async ({ node }) => {
    const values = [1n, 12n, 29_000_000n, 123_456_789n, 4_999_999_999n, 5_000_000_000n];
    const coins: Coin[] = [];
    for (const value of values) coins.push((await mine(node, P2TR, value))[1]);
    for (const [i, { txid, sats }] of coins.entries()) {
      for (const mempool of [true, false]) {
        assertEquals(await node.coin(txid, 0, { mempool }), {
          sats: sats as never,
          script: P2TR.script,
          confirmations: values.length - i,
          coinbase: true,
        });
        assertEquals(await node.coin(txid, 7, { mempool }), null);
      }
    }
    const nobodys = new Uint8Array(32).fill(7) as Hash;
    assertEquals(await node.coin(nobodys, 0, { mempool: true }), null);
  });

  promises(
    "a signed payment is tested, taken, seen waiting, mined, and known",
    async ({ node }) => {
      const coins = await ripeCoins(node, [P2WPKH, P2TR]);
      await mine(node);
      const { raw, txid } = pay(coins, 1_003n);
      assertEquals(await node.testAccept(raw), {
        kind: "allowed",
        vsize: Math.ceil(weightOf(decodeTransaction(raw)) / 4),
        feeSats: 1_003n as never,
      });
      assertEquals(await node.coin(txid, 0, { mempool: true }), null);
      assertEquals(await node.send(raw), { kind: "accepted" });
      const again = await node.send(raw);
      assert(again.kind === "accepted" || again.kind === "known" && again.where === "mempool");
      assertEquals(await node.testAccept(raw), { kind: "known", where: "mempool" });

      const paid = {
        sats: coins[0]!.sats + coins[1]!.sats - 1_003n as never,
        script: PAYEE,
        coinbase: false,
      };
      assertEquals(await node.coin(txid, 0, { mempool: true }), { ...paid, confirmations: 0 });
      assertEquals(await node.coin(txid, 0, { mempool: false }), null);
      assertEquals(await node.coin(coins[0]!.txid, 0, { mempool: true }), null);
      assertEquals((await node.coin(coins[0]!.txid, 0, { mempool: false }))?.sats, coins[0]!.sats);

      await mineUntilConfirmed(node, txid);
      assertEquals(await node.coin(txid, 0, { mempool: true }), { ...paid, confirmations: 1 });
      for (const { txid } of coins) {
        assertEquals(
          await node.coin(txid, 0, { mempool: false }),
          null,
        );
      }
      assertEquals(await node.send(raw), { kind: "known", where: "chain" });
      assertEquals(await node.testAccept(raw), { kind: "known", where: "chain" });
      // Another payment of the same coins has nothing to spend.
      const other = await node.send(pay(coins, 2_000n).raw);
      assertEquals(other.kind === "refused" && other.missingInputs, true);
    },
  );

  promises(
    "a payment is refused in words, and missing coins are told from the rest",
    async ({ node }) => {
      const [ripe, young] = await ripeCoins(node, [P2WPKH, P2TR]);
      const refused = async (raw: Uint8Array, missingInputs: boolean) => {
        const answers = [await node.send(raw), await node.testAccept(raw)];
        for (const answer of answers) {
          assertEquals(answer.kind, "refused");
          assertEquals(answer.kind === "refused" && answer.missingInputs, missingInputs);
        }
        return reasonOf(answers[0] as SendAnswer);
      };
      const good = pay([ripe!], 1_000n);
      const bad = good.raw.slice();
      // Within the signature: the lock time, the key with its length, and half of the signature stand behind.
      bad[bad.length - 4 - 34 - 36]! ^= 1;
      await refused(bad, false);
      await refused(pay([young!], 1_000n).raw, false);
      await refused(
        pay([{ ...ripe!, txid: new Uint8Array(32).fill(7) as Hash }], 1_000n).raw,
        true,
      );
      await refused(good.raw.subarray(0, 40), false);
      // Nothing of that has spoilt the good one.
      assertEquals(await node.send(good.raw), { kind: "accepted" });
    },
  );

  promises("a payment takes the place of one that pays less, and of no other", async ({ node }) => {
    const [coin] = await ripeCoins(node, [P2WPKH]);
    await mine(node);
    const first = pay([coin!], 1_000n), more = pay([coin!], 3_000n), less = pay([coin!], 2_000n);
    assertEquals(await node.send(first.raw), { kind: "accepted" });
    assertEquals(await node.send(more.raw), { kind: "accepted" });
    const late = await node.send(less.raw);
    assertEquals(late.kind === "refused" && late.missingInputs, false);
    assertEquals(await node.coin(first.txid, 0, { mempool: true }), null);
    assertEquals((await node.coin(more.txid, 0, { mempool: true }))?.confirmations, 0);
  });

  promises("a payment of a block that is left waits again", async ({ node, network }) => {
    const [coin] = await ripeCoins(node, [P2WPKH]);
    await mine(node);
    const fork = await node.tip();
    const template = await node.template();
    const payment = pay([coin!], 1_000n);
    await node.send(payment.raw);
    await mineUntilConfirmed(node, payment.txid);
    const { height } = await node.tip();
    let rival = blockOf(template, {
      salt: 5,
      transactions: [],
      coinbaseValue: subsidyAt(network, fork.height + 1),
    });
    await node.submit(rival.bytes);
    while (rival.height <= height) {
      rival = blockOn(rival, template, subsidyAt(network, rival.height + 1));
      await node.submit(rival.bytes);
    }
    assertEquals(displayHash((await node.tip()).hash), displayHash(rival.hash));
    assertEquals(await node.coin(payment.txid, 0, { mempool: false }), null);
    assertEquals((await node.coin(payment.txid, 0, { mempool: true }))?.confirmations, 0);
  });

  promises("it has no fee rate for a chain that nobody competes for", async ({ node }) => {
    assertEquals(await node.feeRate(6), null);
    await assertRejects(() => node.feeRate(0), RangeError);
  });
}
