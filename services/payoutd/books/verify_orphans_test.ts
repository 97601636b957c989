import { assertEquals } from "@std/assert";
import { VARIANT_SOLO } from "@gopool/chain";
import { accountsOf } from "@gopool/ledger";
import { confirmBlock, orphanBlock, settleBlock, takeBlock } from "@gopool/ledger/blocks";
import { freshLedger } from "@gopool/ledger/fixture";
import { addressOf, hashOf, NBITS, openBooks, scriptOf, START_MS } from "./books_fixture.ts";
import { problemLine, verify } from "./verify.ts";

Deno.test("a coinbase that paid its finder everything leaves nothing to reverse, and comes back", async () => {
  await using ledger = await freshLedger();
  const hash = hashOf(7);
  const sats = 5_000_000_000n;
  const atMs = START_MS;
  const coinbase = {
    txid: hashOf(8),
    outputs: [{ position: 0, sats, script: scriptOf(1), isPool: false }],
  };
  const beside = { confirmations: -1, atMs };
  await ledger.transaction(async (tx) => {
    await openBooks(tx);
    await takeBlock(tx, {
      hash,
      height: 10,
      foundAtMs: atMs,
      nbits: NBITS,
      origin: "found",
      record: { logId: "bus", offset: 0 },
      jobId: "0000000100000001",
      variant: VARIANT_SOLO,
      snapshotId: new Uint8Array(),
      finder: addressOf(1),
      worker: "",
      gateway: "g",
      facts: new Uint8Array(),
      remarks: [],
    }, atMs);
    await confirmBlock(tx, hash, coinbase, { confirmations: 1, atMs });
    const [account] = await accountsOf(tx, [addressOf(1)]);
    const none = { feeBasisPoints: 0, donationBasisPoints: 0, carried: 0n };
    await settleBlock(tx, hash, {
      scheme: "solo-coinbase",
      credits: [{ ...none, account: account!, weight: 1n, sats, paid: sats }],
      fee: 0n,
      donation: 0n,
      basis: {},
      remarks: [],
    }, atMs);
    await orphanBlock(tx, hash, beside);
    await confirmBlock(tx, hash, coinbase, { confirmations: 2, atMs });
    await orphanBlock(tx, hash, beside);
  }, { money: true });
  const { problems } = await verify(ledger, { network: "regtest", maturity: 100 });
  assertEquals(problems.map(problemLine), []);
});
