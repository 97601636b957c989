/**
 * What CI's script does on a machine that lacks what the tests' servers need. The machine is a PATH of stand-ins that
 * say what they were asked.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { tempDir } from "@gopool/testing";

const SCRIPT = new URL("../../.ci/run", import.meta.url).pathname;

/** What the script itself needs of any machine. */
const BASICS = ["bash", "dirname", "mktemp", "tail", "rm"];

interface Machine {
  /** Programs that are there. */
  readonly has: readonly string[];
  readonly user: number;
  /** Exit code of its apt-get; null: there is none. */
  readonly apt: number | null;
}

/** What was run on it, a line each, and how it ended. */
async function runOn({ has, user, apt }: Machine) {
  await using folder = await tempDir();
  const log = folder.join("log");
  await Deno.writeTextFile(log, "");
  const standIn = async (name: string, code: number, says = "") => {
    const text = `#!/bin/sh\necho "${name} $*" >>${log}\necho "${says}"\nexit ${code}\n`;
    await Deno.writeTextFile(folder.join(name), text, { mode: 0o755 });
  };
  for (const name of BASICS) {
    const found = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).output();
    await Deno.symlink(new TextDecoder().decode(found.stdout).trim(), folder.join(name));
  }
  for (const name of has) await standIn(name, 0);
  await standIn("npx", 0);
  await standIn("id", 0, String(user));
  if (apt !== null) await standIn("apt-get", apt, "E: No such package");
  const { code, stderr } = await new Deno.Command(folder.join("bash"), {
    args: [SCRIPT],
    env: { PATH: folder.path },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const ran = (await Deno.readTextFile(log)).trim().split("\n")
    .filter((line) => line !== "" && !line.startsWith("id "));
  return { code, says: new TextDecoder().decode(stderr), ran };
}

const ALL = ["java", "mvn", "redis-server", "openssl", "promtool", "chromium"];
const SUITE = "npx -y deno@2.9.6 task ok";

Deno.test(".ci/run installs nothing where everything is there", async () => {
  const { code, ran } = await runOn({ has: ALL, user: 1000, apt: null });
  assertEquals({ code, ran }, { code: 0, ran: [SUITE] });
});

Deno.test(".ci/run installs what is missing, and says nothing of it", async () => {
  const { code, ran, says } = await runOn({
    has: ["java", "openssl", "promtool", "chromium"],
    user: 0,
    apt: 0,
  });
  assertEquals({ code, ran, says }, {
    code: 0,
    ran: [
      "apt-get -q update",
      "apt-get -qy install --no-install-recommends maven redis-server",
      SUITE,
    ],
    says: "",
  });
});

Deno.test(".ci/run says what could not be installed, and runs nothing", async () => {
  const { code, ran, says } = await runOn({
    has: ["java", "mvn", "openssl", "promtool", "chromium"],
    user: 0,
    apt: 100,
  });
  assertEquals({ code, ran }, { code: 1, ran: ["apt-get -q update"] });
  assertStringIncludes(says, "apt-get could not install redis-server:\nE: No such package");
});

Deno.test(".ci/run says what is missing where it may not install", async () => {
  for (const machine of [{ user: 1000, apt: 0 }, { user: 0, apt: null }]) {
    const { code, ran, says } = await runOn({
      has: ["java", "mvn", "promtool", "chromium"],
      ...machine,
    });
    assertEquals({ code, ran }, { code: 1, ran: [] });
    assertStringIncludes(says, "redis-server openssl");
  }
});
