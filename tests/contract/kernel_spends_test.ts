/**
 * Signed spends before two judges: what the simulated node takes, Bitcoin Core's kernel takes in a block, and of what is
 * wrong with a signature both say the same.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { concat, fromHex, type Hash, sha256d, toHex, u32le } from "@gopool/chain";
import { type SigningKey, signingKey, signPayment } from "@gopool/chain/psbt";
import { startTestChain, type TestChain } from "@gopool/node/fixture";
import {
  buildBlock,
  type Draft,
  type DraftTransaction,
  encodeTransaction,
  goodDraft,
  groundOf,
} from "@gopool/node/simulated/draft";
import { decodeTransaction, type MinedBlock } from "@gopool/node/simulated";
import { systemClock } from "@gopool/runtime";
import { findKernel, type Kernel, startKernel } from "../real/kernel.ts";
import { rpc } from "../real/rpc.ts";

const python = await findKernel();

const WITNESS_KEY = signingKey(new Uint8Array(32).fill(1), "p2wpkh");
const TAPROOT_KEY = signingKey(new Uint8Array(32).fill(2), "p2tr");
/** The same key behind a script without a witness. */
const LEGACY = concat(fromHex("76a914"), WITNESS_KEY.script.subarray(2), fromHex("88ac"));
const SIGHASH_ALL = 1;
const FEE = 1_000n;

const FALSE = "Script evaluated without error but finished with a false/empty top stack element";

/** A reward of each kind, ripe on both. */
async function ripe(kernel: Kernel, chain: TestChain): Promise<MinedBlock["reward"][]> {
  const rewards = [WITNESS_KEY.script, TAPROOT_KEY.script, LEGACY]
    .map((script) => chain.sim.mineTo(script, 1)[0]!.reward);
  for (let i = 0; i < 100; i++) chain.sim.mineBlock();
  for (const block of chain.sim.blocks()) assertEquals((await kernel.judge(block)).reason, null);
  return rewards;
}

/** A spend of one reward by the library that payouts are signed with. */
function signed(reward: MinedBlock["reward"], key: SigningKey): DraftTransaction {
  const { raw } = signPayment({
    inputs: [{ ...reward, vout: 0, sequence: 0xfffffffd }],
    outputs: [{ script: WITNESS_KEY.script, sats: reward.sats - FEE }],
    lockTime: 0,
  }, [key]);
  const { version, inputs, outputs, lockTime } = decodeTransaction(raw);
  return {
    version,
    lockTime,
    inputs: inputs.map((input) => ({
      ...input,
      witness: input.witness.map((item) => item.slice()),
    })),
    outputs: [...outputs],
  };
}

/** A spend of a key's hash without a witness, signed by hand: the hash is over the transaction with its script inside. */
function legacy({ txid, sats }: MinedBlock["reward"]): DraftTransaction {
  const tx: DraftTransaction = {
    version: 2,
    inputs: [{
      outpoint: concat(txid, u32le(0)),
      script: LEGACY,
      sequence: 0xffffffff,
      witness: [],
    }],
    outputs: [{ value: sats - FEE, script: WITNESS_KEY.script }],
    lockTime: 0,
  };
  const hash = sha256d(concat(encodeTransaction(tx), u32le(SIGHASH_ALL)));
  const signature = concat(der(WITNESS_KEY.sign(hash)), Uint8Array.of(SIGHASH_ALL));
  tx.inputs[0]!.script = concat(push(signature), push(WITNESS_KEY.publicKey));
  return tx;
}

const push = (bytes: Uint8Array) => concat(Uint8Array.of(bytes.length), bytes);

/** Two numbers of 32 bytes as BIP 66 wants them. */
function der(compact: Uint8Array): Uint8Array {
  const number = (bytes: Uint8Array) => {
    const from = bytes.findIndex((byte) => byte !== 0);
    const short = bytes.subarray(from);
    return concat(
      Uint8Array.of(2, short.length + (short[0]! >> 7)),
      new Uint8Array(short[0]! >> 7),
      short,
    );
  };
  const both = concat(number(compact.subarray(0, 32)), number(compact.subarray(32)));
  return concat(Uint8Array.of(0x30, both.length), both);
}

/** A block of these on the tip. */
function blockWith(chain: TestChain, transactions: readonly DraftTransaction[]): Uint8Array {
  const ground = groundOf(chain.sim, Math.floor(systemClock.now() / 1000));
  // A hundred blocks at once have pushed the median ahead of the clock.
  const draft: Draft = goodDraft({ ...ground, time: Math.max(ground.time, ground.medianTime + 1) });
  draft.transactions.splice(1, Infinity, ...transactions);
  draft.transactions[0]!.outputs[0]!.value -= 2n * FEE;
  return buildBlock(draft);
}

interface Wrong {
  readonly given: string;
  readonly reason: string;
  /** The spends of P2WPKH, P2TR and P2PKH. */
  readonly spoil: (spends: DraftTransaction[]) => void;
}

const flip = (bytes: Uint8Array, at: number) => void (bytes[at]! ^= 1);

function spoilSignature(
  { inputs: [input] }: DraftTransaction,
  spoil: (signature: Uint8Array) => Uint8Array,
): void {
  input!.witness[0] = spoil(input!.witness[0]!);
}

const WRONG: readonly Wrong[] = [
  {
    given: "another amount paid than was signed, by P2WPKH",
    reason: FALSE,
    spoil: ([spend]) => void (spend!.outputs[0] = { ...spend!.outputs[0]!, value: 5_000n }),
  },
  {
    given: "another amount paid than was signed, by taproot",
    reason: "Invalid Schnorr signature",
    spoil: ([, spend]) => void (spend!.outputs[0] = { ...spend!.outputs[0]!, value: 5_000n }),
  },
  {
    given: "another amount paid than was signed, by P2PKH",
    reason: FALSE,
    spoil: ([, , spend]) => void (spend!.outputs[0]!.value = 5_000n),
  },
  {
    given: "a bit of a taproot signature",
    reason: "Invalid Schnorr signature",
    spoil: ([, spend]) => flip(spend!.inputs[0]!.witness[0]!, 40),
  },
  {
    given: "a taproot signature of 63 bytes",
    reason: "Invalid Schnorr signature size",
    spoil: ([, spend]) => spoilSignature(spend!, (signature) => signature.slice(1)),
  },
  {
    given: "a taproot signature whose type is not defined",
    reason: "Invalid Schnorr signature hash type",
    spoil: ([, spend]) =>
      spoilSignature(spend!, (signature) => concat(signature, Uint8Array.of(0x47))),
  },
  {
    given: "another key than the hash's",
    reason: "Script failed an OP_EQUALVERIFY operation",
    spoil: ([spend]) => flip(spend!.inputs[0]!.witness[1]!, 7),
  },
  {
    given: "one witness item more",
    reason: "Witness program hash mismatch",
    spoil: ([spend]) => void spend!.inputs[0]!.witness.unshift(new Uint8Array(1)),
  },
  {
    given: "no witness at all",
    reason: "Witness program was passed an empty witness",
    spoil: ([, spend]) => void (spend!.inputs[0]!.witness = []),
  },
  {
    given: "an empty signature",
    reason: FALSE,
    spoil: ([spend]) => void (spend!.inputs[0]!.witness[0] = new Uint8Array()),
  },
  {
    given: "a script beside a witness",
    reason: "Witness requires empty scriptSig",
    spoil: ([spend]) => void (spend!.inputs[0]!.script = Uint8Array.of(0)),
  },
  {
    given: "a witness beside a script",
    reason: "Witness provided for non-witness script",
    spoil: ([, , spend]) => void spend!.inputs[0]!.witness.push(new Uint8Array(1)),
  },
];

Deno.test({
  name: "what is signed for P2WPKH, P2TR and P2PKH is taken by both, what is not by neither",
  ignore: python === null,
  async fn(t) {
    await using kernel = await startKernel(python!);
    await using chain = await startTestChain();
    const { sim, node } = chain;
    const [witness, taproot, plain] = await ripe(kernel, chain);
    const spends = () => [
      signed(witness!, WITNESS_KEY),
      signed(taproot!, TAPROOT_KEY),
      legacy(plain!),
    ];
    const submit = (block: Uint8Array) => rpc(new URL(sim.url), "submitblock", [toHex(block)]);

    for (const { given, reason, spoil } of WRONG) {
      await t.step(`refused given ${given}: ${reason}`, async () => {
        const spoilt = spends();
        spoil(spoilt);
        const words = `block-script-verify-flag-failed (${reason})`;
        const block = blockWith(chain, spoilt);
        assertEquals((await kernel.judge(block)).reason, words, "the kernel");
        assertEquals(await submit(block), words, "the simulated node");
        const answers = await Promise.all(spoilt.map((tx) => node.send(encodeTransaction(tx))));
        assertEquals(answers.filter(({ kind }) => kind === "refused").length, 1);
        sim.forgetMempool();
      });
    }

    for (const tx of spends()) {
      assertEquals(await node.send(encodeTransaction(tx)), { kind: "accepted" });
    }
    sim.mineBlock();
    assertEquals(sim.mempoolSize, 0);
    const block = [...sim.blocks()].at(-1)!;
    assertEquals((await kernel.judge(block)).reason, null);
    assertEquals((await kernel.tip()).hash, sim.bestHash);
    const { txid } = decodeTransaction(encodeTransaction(spends()[2]!));
    assertEquals((await node.coin(txid as Hash, 0, { mempool: false }))?.confirmations, 1);
  },
});
