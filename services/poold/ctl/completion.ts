/**
 * Completion in shells. What is completed (commands, their words, flags) is known without asking the pool, so that a
 * TAB is answered at once and needs no permission.
 *
 * @module
 */
import completionOf from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import type { Print } from "../ledger/show.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** Adds `complete`, by which shells ask, and `completion SHELL`, which prints what a shell has to read. */
export function completionCommands(program: Command, print: Print): void {
  program.command("completion")
    .addArgument(program.createArgument("<shell>", "which one").choices(SHELLS))
    .description(
      "prints a function `ctl` and its completion: source <(deno task ctl completion bash)",
    )
    .action((shell: Shell) => {
      print(functionOf(shell));
      completionOf.setup("ctl", "ctl", shell);
    });
  const root = tab(program, { completionCommandName: "completion-script" });
  const hidden = program.commands.filter((one) => one.name() === "completion-script");
  for (const one of hidden) (one as Command & { _hidden: boolean })._hidden = true;
  root.commands.delete("completion-script");
  // Flags of the whole program stand behind every command, too.
  for (const command of root.commands.values()) {
    for (const [name, option] of root.options) {
      if (!command.options.has(name)) command.options.set(name, option);
    }
  }
}

/**
 * `ctl` as a shell's function: the task. What completes runs the program itself, which then touches nothing: a TAB
 * must not wait for the launcher.
 */
function functionOf(shell: Shell): string {
  const task = `deno task --quiet --config ${quoted(`${ROOT}deno.json`)} ctl`;
  const complete = `deno run --quiet --no-prompt --no-remote -P=ctl ${
    quoted(`${ROOT}services/poold/ctl/main.ts`)
  }`;
  if (shell === "fish") {
    return `function ctl; if test "$argv[1]" = complete; ${complete} $argv; else; ${task} $argv; end; end`;
  }
  return `ctl() { if [ "$1" = complete ]; then ${complete} "$@"; else ${task} "$@"; fi; }`;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
