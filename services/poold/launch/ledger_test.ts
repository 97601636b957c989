/**
 * The embedded ledger under the pool's own permissions: it starts with what was made ready before, and with no more.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { homeOf } from "@gopool/ledger/home";
import { freePort, tempDir } from "@gopool/testing";
import { runArgumentsOf } from "./mod.ts";
import { fromRoot } from "./needs.ts";
import { ledgerPreparation } from "./prepare.ts";

const PROBE = fromRoot("services/poold/launch/ledger_probe_fixture.ts");

async function deno(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The probe under poold's flags, with the data folder given from there. */
async function probed(cwd: string, dataDir: string, port: number) {
  const env: Record<string, string> = {
    GOPOOL_DATA_DIR: `${cwd}/${dataDir}`,
    GOPOOL_LEDGER_PORT: String(port),
    GOPOOL_DEMO_MINER: "off",
  };
  const flags = runArgumentsOf("poold", { args: [], env: (name) => env[name] }).slice(0, -1);
  const config = `--config=${fromRoot("services/poold/deno.json")}`;
  return await deno([...flags, config, PROBE, `${cwd}/${dataDir}`, String(port)], cwd);
}

Deno.test("the pool starts, migrates and ends its embedded ledger under its permission set", async () => {
  await using folder = await tempDir();
  const port = freePort();
  const prepared = await deno(ledgerPreparation(folder.join("data"))!, folder.path);
  assertEquals(prepared, { code: 0, stdout: "", stderr: "" });
  for (const _run of ["the first", "another"]) {
    assertEquals(ledgerPreparation(folder.join("data")), null);
    const { code, stdout, stderr } = await probed(folder.path, "data", port);
    assertEquals({ code, stdout, stderr }, { code: 0, stdout: "accounts: 10\n", stderr: "" });
  }
  assertEquals(homeOf(folder.join("data"))!.folder, folder.join("data", "ledger"));
});

Deno.test("what was not made ready before, the pool may not make ready", async () => {
  await using folder = await tempDir();
  const { code, stderr } = await probed(folder.path, "data", freePort());
  assertEquals(code, 1);
  assertStringIncludes(stderr, "NotCapable");
});
