import { assert, assertEquals, assertRejects } from "@std/assert";
import { checkSigned, signPayment, unsignedPsbt } from "@gopool/chain/psbt";
import { NodeRefused, NodeUnavailable } from "@gopool/node";
import { tempDir } from "@gopool/testing";
import { createCoreWallet, type WalletNode } from "./core_wallet.ts";
import { openSigner } from "./open.ts";
import { SigningFailed, type UnsignedPayout } from "./port.ts";
import { createPsbtFolder } from "./psbt_folder.ts";
import { NEVER, payoutOf, TAPROOT, WPKH } from "./signing_fixture.ts";

const SCRIPTS = [TAPROOT.script, WPKH.script];
const REQUEST = payoutOf(SCRIPTS);
const SIGNED = signPayment(REQUEST, [TAPROOT, WPKH]).raw;

/** What a signed file or wallet holds that signed only some of the inputs: the same transaction, some without witness. */
function partly(request: UnsignedPayout): Uint8Array {
  return unsignedPsbt(request);
}

function walletThat(answer: () => Promise<{ psbt: string; complete: boolean }>): WalletNode {
  return { name: "node a", walletProcessPsbt: answer };
}

Deno.test("a payout waits in the folder as a PSBT until it lies there signed", async () => {
  await using dir = await tempDir();
  const signer = createPsbtFolder(dir.path, SCRIPTS);
  for (let time = 0; time < 2; time++) assertEquals(await signer.sign(REQUEST, NEVER), "waiting");
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), [
    "payout-7-0.unsigned.psbt",
  ]);
  assertEquals(await Deno.readFile(dir.join("payout-7-0.unsigned.psbt")), unsignedPsbt(REQUEST));
  await Deno.writeFile(dir.join("payout-7-0.signed.psbt"), partly(REQUEST));
  assertEquals(await signer.sign(REQUEST, NEVER), "waiting");
  await Deno.writeFile(dir.join("payout-7-0.signed.psbt"), SIGNED);
  for (let time = 0; time < 2; time++) {
    const signed = await signer.sign(REQUEST, NEVER);
    assert(signed !== "waiting");
    assertEquals(checkSigned(REQUEST, signed.raw).kind, "good");
  }
});

Deno.test("a finished transaction as hex is found under its other name", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("payout-7-0.signed.txn"), `${SIGNED.toHex()}\n`);
  const signed = await createPsbtFolder(dir.path, SCRIPTS).sign(REQUEST, NEVER);
  assert(signed !== "waiting");
  assertEquals(signed.raw, SIGNED);
});

Deno.test("another payment in the signed file is refused with what differs, and mended by the right file", async () => {
  await using dir = await tempDir();
  const signer = createPsbtFolder(dir.path, SCRIPTS);
  const other = { ...REQUEST, lockTime: 5 };
  const path = dir.join("payout-7-0.signed.psbt");
  await Deno.writeFile(path, signPayment(other, [TAPROOT, WPKH]).raw);
  const error = await assertRejects(() => signer.sign(REQUEST, NEVER), SigningFailed);
  assertEquals(
    error.message,
    `Cannot take the file ${path} for payout payout-7-0: its lock time is 5, asked for was 0`,
  );
  await Deno.writeFile(path, SIGNED);
  assert(await signer.sign(REQUEST, NEVER) !== "waiting");
});

Deno.test("a signature that does not hold is refused, from the folder and from a wallet", async () => {
  await using dir = await tempDir();
  // The last byte of the last witness item, a public key: the lock time follows.
  const forged = SIGNED.slice();
  forged[forged.length - 5]! ^= 1;
  await Deno.writeFile(dir.join("payout-7-0.signed.psbt"), forged);
  const wallet = walletThat(() => Promise.resolve({ psbt: forged.toHex(), complete: true }));
  for (const signer of [createPsbtFolder(dir.path, SCRIPTS), createCoreWallet(wallet, SCRIPTS)]) {
    await assertRejects(
      () => signer.sign(REQUEST, NEVER),
      SigningFailed,
      "its input 1 is not signed as it must be: Script failed an OP_EQUALVERIFY operation",
    );
  }
});

Deno.test("the folder's unsigned file is written anew where it is not this payout's", async () => {
  await using dir = await tempDir();
  const path = dir.join("payout-7-0.unsigned.psbt");
  await Deno.writeTextFile(path, "cut sh");
  assertEquals(await createPsbtFolder(dir.path, SCRIPTS).sign(REQUEST, NEVER), "waiting");
  assertEquals(await Deno.readFile(path), unsignedPsbt(REQUEST));
});

Deno.test("an id that would leave the folder, a folder that is gone and a file too long are sentences", async () => {
  await using dir = await tempDir();
  const signer = createPsbtFolder(dir.path, SCRIPTS);
  for (const id of ["../payout", "", "a/b", "A", "x".repeat(61)]) {
    await assertRejects(() => signer.sign({ ...REQUEST, id }, NEVER), SigningFailed, "name a file");
  }
  await assertRejects(
    () => createPsbtFolder(dir.join("gone"), SCRIPTS).sign(REQUEST, NEVER),
    SigningFailed,
    "Cannot sign payout payout-7-0 by the folder",
  );
  await Deno.truncate(await Deno.makeTempFile({ dir: dir.path }), 0);
  const path = dir.join("payout-7-0.signed.psbt");
  await Deno.writeFile(path, new Uint8Array(0));
  await Deno.truncate(path, 5 << 20);
  await assertRejects(() => signer.sign(REQUEST, NEVER), SigningFailed, "more than 4194304");
});

Deno.test("a wallet's answer is held against the payout", async () => {
  const good = createCoreWallet(
    walletThat(() => Promise.resolve({ psbt: SIGNED.toHex(), complete: true })),
    SCRIPTS,
  );
  const signed = await good.sign(REQUEST, NEVER);
  assert(signed !== "waiting");
  assertEquals(signed.raw, SIGNED);
  await assertRejects(
    () => good.sign({ ...REQUEST, lockTime: 9 }, NEVER),
    SigningFailed,
    "its lock time is 0, asked for was 9",
  );
});

Deno.test("a wallet that signs nothing, refuses or is away gives a sentence, not a transaction", async () => {
  const psbt = unsignedPsbt(REQUEST).toBase64();
  const cases: [WalletNode, string][] = [
    [walletThat(() => Promise.resolve({ psbt, complete: false })), "left 2 of 2 inputs unsigned"],
    [
      walletThat(() =>
        Promise.reject(new NodeRefused("walletprocesspsbt", -18, "No wallet is loaded"))
      ),
      "No wallet is loaded",
    ],
    [
      walletThat(() => Promise.reject(new NodeUnavailable("Cannot reach node a", "unreachable"))),
      "Cannot reach",
    ],
  ];
  for (const [node, words] of cases) {
    await assertRejects(
      () => createCoreWallet(node, SCRIPTS).sign(REQUEST, NEVER),
      SigningFailed,
      words,
    );
  }
});

Deno.test("who signs elsewhere is not asked for coins whose PSBT could not say what is signed", () => {
  const old = Uint8Array.fromHex(`76a914${"44".repeat(20)}88ac`);
  const signer = createPsbtFolder("/nowhere", [...SCRIPTS, old]);
  assertEquals([...SCRIPTS, old].map((script) => signer.signs(script)), [true, true, false]);
});

Deno.test("the settings name the signer", async () => {
  const node = walletThat(() => Promise.reject(new Error("not asked")));
  const o = { network: "regtest", scripts: SCRIPTS, node, psbtFolder: "/cold" } as const;
  assertEquals(await openSigner({ ...o, kind: "none" }), null);
  assertEquals((await openSigner({ ...o, kind: "psbt-folder" }))?.name, "the PSBT folder /cold");
  assertEquals((await openSigner({ ...o, kind: "core-wallet" }))?.name, "the wallet of node a");
});
