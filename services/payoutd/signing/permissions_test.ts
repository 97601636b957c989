/**
 * Signing under the permissions that the settings' needs give, and no others.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { descriptorOf } from "@gopool/chain/descriptor";
import { ownRows } from "../config.ts";
import { openSigner } from "./open.ts";
import { NEVER, payoutOf, SECRET, TAPROOT } from "./signing_fixture.ts";

/** What the rows ask the machine for, as Deno's permissions. */
function granted(rows: { readonly keyFile?: string; readonly psbtFolder?: string }) {
  const needs = [
    ...rows.keyFile === undefined ? [] : ownRows.keyFile.needs!(rows.keyFile),
    ...rows.psbtFolder === undefined ? [] : ownRows.psbtFolder.needs!(rows.psbtFolder),
  ];
  const of = (kind: string) => needs.filter((need) => need.kind === kind).map(({ what }) => what);
  return { read: of("read"), write: of("write") };
}

const signing = {
  network: "regtest" as const,
  scripts: [TAPROOT.script],
  node: { name: "none", walletProcessPsbt: () => Promise.reject(new Error("not asked")) },
};

// The tests themselves may not make or remove it.
const folder = await Deno.makeTempDir({ prefix: "gopool-signing-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const keyFile = `${folder}/key`;
const psbtFolder = `${folder}/psbts`;
await Deno.writeTextFile(keyFile, descriptorOf(SECRET, "p2tr", "regtest"), { mode: 0o600 });
await Deno.mkdir(psbtFolder);

Deno.test({
  name: "a key file is read and signed with under leave to read that file",
  permissions: { ...granted({ keyFile }), import: false },
  async fn() {
    const signer = await openSigner({ ...signing, kind: "key-file", keyFile });
    const signed = await signer!.sign(payoutOf([TAPROOT.script]), NEVER);
    assertEquals(signed === "waiting", false);
  },
});

Deno.test({
  name: "a folder is put into and looked through under leave to read and write in it",
  permissions: { ...granted({ psbtFolder }), import: false },
  async fn() {
    const signer = await openSigner({ ...signing, kind: "psbt-folder", psbtFolder });
    for (let time = 0; time < 2; time++) {
      assertEquals(await signer!.sign(payoutOf([TAPROOT.script]), NEVER), "waiting");
    }
  },
});
