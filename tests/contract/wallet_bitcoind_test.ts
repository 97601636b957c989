/**
 * A payout signed by the wallet of a real Bitcoin Core, and taken by it into its mempool.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Hash, hashFromDisplay, scriptOfAddress } from "@gopool/chain";
import { checkSigned } from "@gopool/chain/psbt";
import { openNode } from "@gopool/node";
import { createCoreWallet, SigningFailed } from "@gopool/payoutd/signing";
import { systemClock } from "@gopool/runtime";
import { findBitcoind, startBitcoind } from "../real/bitcoind.ts";

const bitcoind = findBitcoind();
const NEVER = new AbortController().signal;
const FEE_SATS = 10_000n;

Deno.test({
  name: "Bitcoin Core's wallet signs a payout of its P2WPKH and taproot coins, and no other's",
  ignore: bitcoind === null,
  async fn() {
    await using core = await startBitcoind(bitcoind!);
    await core.call("createwallet", "pool");
    const addresses = [
      await core.call("getnewaddress", "", "bech32"),
      await core.call("getnewaddress", "", "bech32m"),
    ] as string[];
    for (const address of addresses) await core.call("generatetoaddress", 1, address);
    const elsewhere = "bcrt1q9vza2e8x573nczrlzms0wvx3gsqjx7vay85cr9";
    await core.call("generatetoaddress", 100, elsewhere);
    const scripts = addresses.map((address) => scriptOfAddress(address, "regtest"));
    const coins = await core.call("listunspent") as readonly {
      txid: string;
      vout: number;
      address: string;
    }[];
    // Both rewards are of the first halving.
    const inputs = coins.map(({ txid, vout, address }) => ({
      txid: hashFromDisplay(txid) as Hash,
      vout,
      sats: 5_000_000_000n,
      script: scriptOfAddress(address, "regtest"),
      sequence: 0xffff_fffd,
    }));
    assertEquals(inputs.length, 2);
    const request = {
      id: "payout-1-0",
      inputs,
      outputs: [{
        script: scriptOfAddress(elsewhere, "regtest"),
        sats: 10_000_000_000n - FEE_SATS,
      }],
      lockTime: 0,
    };
    await using node = openNode({ url: core.url }, { clock: systemClock });
    const signer = createCoreWallet(node, scripts);
    const signed = await signer.sign(request, NEVER);
    assert(signed !== "waiting");
    assertEquals(checkSigned(request, signed.raw).kind, "good");
    assertEquals((await node.send(signed.raw)).kind, "accepted");

    const [first] = inputs as [(typeof inputs)[number]];
    const stranger = { ...first, script: scriptOfAddress(elsewhere, "regtest") };
    await assertRejects(
      () => signer.sign({ ...request, inputs: [stranger, inputs[1]!] }, NEVER),
      SigningFailed,
    );
  },
});
