/** Completion as a shell asks for it: of the program itself, without the launcher and without a permission. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const MAIN = new URL("main.ts", import.meta.url).pathname;

/** The program under its own permission set, which lets it touch nothing. */
async function run(...words: readonly string[]): Promise<{ code: number; lines: string[] }> {
  const args = ["run", "--quiet", "--no-prompt", "--no-remote", "-P=ctl", MAIN, ...words];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" })
    .output();
  return { code, lines: new TextDecoder().decode(stdout).trim().split("\n") };
}

async function completed(...words: readonly string[]): Promise<string[]> {
  const { code, lines } = await run("complete", "--", ...words);
  assertEquals(code, 0);
  // The last line is the directive.
  return lines.slice(0, -1).map((line) => line.split("\t")[0]!);
}

Deno.test("commands, their words and flags are completed", async () => {
  assertEquals(await completed("sess"), ["sessions"]);
  assertEquals(await completed("payouts", "p"), ["pause", "preview"].toReversed());
  assertEquals(await completed("drain", "s"), ["stratumd", "shareproc"]);
  assertEquals(await completed("sessions", "list", "--state", "w"), ["waiting", "working"]);
  assertEquals(await completed("sessions", "show", "--j"), ["--json"]);
  assert(
    !(await completed("")).some((word) => word.startsWith("complet") && word !== "completion"),
  );
});

Deno.test("a shell is given a function that is the task, and asks the program itself", async () => {
  for (const [shell, head] of [["bash", "ctl() {"], ["zsh", "ctl() {"], ["fish", "function ctl"]]) {
    const { code, lines } = await run("completion", shell!);
    assertEquals(code, 0, shell);
    const first = lines.find((line) => line.startsWith(head!))!;
    assertStringIncludes(first, "deno task --quiet");
    assertStringIncludes(first, "-P=ctl");
  }
  assertEquals((await run("completion", "cmd")).code, 2);
});
