import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { canonicalAddress } from "@gopool/chain";
import { descriptorOf } from "@gopool/chain/descriptor";
import { checkSigned } from "@gopool/chain/psbt";
import { captureLog, tempDir } from "@gopool/testing";
import { openKeyFile } from "./key_file.ts";
import { openOrMakeKeyFile } from "./make_key_file.ts";
import { KeyFileNotOpened, SigningFailed } from "./port.ts";
import { NEVER, payoutOf, SECRET, TAPROOT, WPKH } from "./signing_fixture.ts";

const NETWORK = "regtest";
const LINES = {
  wpkh: descriptorOf(SECRET, "p2wpkh", NETWORK),
  tr: descriptorOf(SECRET, "p2tr", NETWORK),
};

async function written(path: string, text: string, mode = 0o600): Promise<string> {
  await Deno.writeTextFile(path, text, { mode });
  await Deno.chmod(path, mode);
  return path;
}

Deno.test("a key file signs for the pool's script, and for those it was before", async () => {
  await using dir = await tempDir();
  const path = await written(
    dir.join("key"),
    `# the pool's key\n\n${LINES.wpkh}\r\n${LINES.tr.slice(0, -9)}\n`,
  );
  const scripts = [TAPROOT.script, WPKH.script];
  const signer = await openKeyFile(path, { network: NETWORK, scripts });
  assertEquals(signer.script, TAPROOT.script);
  assert(scripts.every((script) => signer.signs(script)));
  const request = payoutOf([WPKH.script, TAPROOT.script, WPKH.script]);
  const signed = await signer.sign(request, NEVER);
  assert(signed !== "waiting");
  const check = checkSigned(request, signed.raw);
  assert(check.kind === "good");
  assertEquals(check.transaction.txid, signed.txid);
});

Deno.test("a coin of a script that no key is for is refused by the payout's id", async () => {
  await using dir = await tempDir();
  const path = await written(dir.join("key"), LINES.wpkh);
  const signer = await openKeyFile(path, { network: NETWORK, scripts: [WPKH.script] });
  assertEquals(signer.signs(TAPROOT.script), false);
  const error = await assertRejects(
    () => signer.sign(payoutOf([WPKH.script, TAPROOT.script]), NEVER),
    SigningFailed,
  );
  assertEquals(
    error.message,
    `Cannot sign payout payout-7-0: the key file ${path} has no key for script ${TAPROOT.script.toHex()}`,
  );
});

Deno.test("a file that others may use is refused with the command that mends it", async () => {
  await using dir = await tempDir();
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    const path = await written(dir.join(`key-${mode}`), LINES.wpkh, mode);
    await assertRejects(
      () => openKeyFile(path, { network: NETWORK, scripts: [WPKH.script] }),
      KeyFileNotOpened,
      `(mode 0${mode.toString(8)}): say \`chmod 600 ${path}\``,
    );
  }
  const path = await written(dir.join("read-only"), LINES.wpkh, 0o400);
  await openKeyFile(path, { network: NETWORK, scripts: [WPKH.script] });
});

Deno.test("a file that cannot be used says why and quotes nothing of the key", async () => {
  await using dir = await tempDir();
  const wif = LINES.wpkh.slice(5, -10);
  const cases: [string, string][] = [
    ["", "none of its keys is for the pool's address"],
    [LINES.tr, `they are for ${canonicalAddress(TAPROOT.script, NETWORK)}`],
    [`${LINES.wpkh}\n${wif}`, "line 2: Cannot sign with this descriptor: must be wpkh(KEY)"],
    [LINES.wpkh.replace(/.$/, (c) => c === "q" ? "p" : "q"), "line 1: "],
    ["#".repeat(20_000), "more than 16384"],
  ];
  for (const [at, [text, words]] of cases.entries()) {
    const path = await written(dir.join(`key-${at}`), text);
    const error = await assertRejects(
      () => openKeyFile(path, { network: NETWORK, scripts: [WPKH.script] }),
      KeyFileNotOpened,
    );
    assertStringIncludes(error.message, words);
    assertSecretIsAbsent(Deno.inspect(error, { depth: 10 }), error.stack ?? "");
  }
  const scripts = [WPKH.script];
  await assertRejects(
    () => openKeyFile(dir.join("none"), { network: NETWORK, scripts }),
    KeyFileNotOpened,
    "there is no such file",
  );
  await assertRejects(() => openKeyFile(dir.path, { network: NETWORK, scripts }), KeyFileNotOpened);
});

function assertSecretIsAbsent(...texts: string[]): void {
  const wif = LINES.wpkh.slice(5, -10);
  for (const text of texts) {
    for (
      const form of [wif, SECRET.toHex(), SECRET.toBase64(), [...SECRET.slice(0, 6)].join(", ")]
    ) {
      assert(!text.includes(form.slice(0, 24)), `a key is shown in ${text.slice(0, 300)}`);
    }
  }
}

Deno.test("neither the signer, nor its log, nor its errors, nor what it signed shows the key", async () => {
  await using dir = await tempDir();
  const path = await written(dir.join("key"), `${LINES.wpkh}\n${LINES.tr}`);
  const signer = await openKeyFile(path, {
    network: NETWORK,
    scripts: [WPKH.script, TAPROOT.script],
  });
  const signed = await signer.sign(payoutOf([WPKH.script, TAPROOT.script]), NEVER);
  const error = await signer.sign({ ...payoutOf([WPKH.script]), outputs: [] }, NEVER)
    .catch((error) => error);
  assert(error instanceof SigningFailed);
  const { log, lines } = captureLog();
  log.info("signed", { signer, signed, error });
  assertSecretIsAbsent(
    JSON.stringify(signer),
    JSON.stringify(lines),
    Deno.inspect(signer, { depth: 20, showHidden: true }),
    Deno.inspect(signed, { iterableLimit: 10_000 }),
    Deno.inspect(error, { depth: 20, showHidden: true }),
    error.stack!,
  );
});

Deno.test("a first start makes a key file for its owner alone, the next one finds it", async () => {
  await using dir = await tempDir();
  const path = dir.join("key");
  const first = await openOrMakeKeyFile(path, NETWORK, SECRET);
  assertEquals(first, {
    script: TAPROOT.script,
    address: canonicalAddress(TAPROOT.script, NETWORK)!,
    made: true,
  });
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["key"]);
  const again = await openOrMakeKeyFile(path, NETWORK, new Uint8Array(32).fill(1));
  assertEquals(again, { ...first, made: false });
  const signer = await openKeyFile(path, { network: NETWORK, scripts: [first.script] });
  assert(await signer.sign(payoutOf([first.script]), NEVER) !== "waiting");
  await Deno.writeTextFile(path, "tr(lost)");
  await assertRejects(
    () => openOrMakeKeyFile(path, NETWORK, SECRET),
    KeyFileNotOpened,
    `Cannot use the key file ${path}`,
  );
});
