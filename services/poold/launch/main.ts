/**
 * Starts a program under exactly the permissions that its settings need, and ends as it ends. A mistake in the
 * settings is told here, before anything runs.
 *
 * The launcher itself may read files and all variables and start Deno, nothing else: no network, no writing. All
 * variables, because a misspelt one can only be told by who sees its name; whoever may start Deno could do more.
 *
 * @module
 */
import { ConfigError, HelpRequested } from "@gopool/config";
import { notAnothers, runArguments } from "./mod.ts";
import { programNamed, PROGRAMS } from "./programs.ts";

const [name, ...args] = Deno.args;
const program = programNamed(name);
if (program === undefined) {
  const names = PROGRAMS.map((one) => one.name).join(", ");
  console.error(`There is no program "${name}": it must be one of ${names}`);
  Deno.exit(2);
}

/** Deno's arguments for the settings in effect; ends the process with the help or the mistakes. */
async function argumentsInEffect(): Promise<string[]> {
  try {
    const env = (variable: string) => Deno.env.get(variable);
    const from = { args, env, envNames: notAnothers(Object.keys(Deno.env.toObject())) };
    for (const one of program!.prepare?.(from) ?? []) await prepare(one);
    return runArguments(program!, from);
  } catch (error) {
    if (error instanceof HelpRequested) {
      console.log(error.message);
      Deno.exit(0);
    }
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}

/** What has to be ready before, made so by a process of its own; ends this one where that fails. */
async function prepare(preparation: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: preparation, stdin: "null" })
    .spawn().status;
  if (code !== 0) Deno.exit(code);
}

const child = new Deno.Command(Deno.execPath(), {
  args: [...await argumentsInEffect(), ...args],
  stdin: program.readsKeys ? "inherit" : "null",
}).spawn();
// The terminal sends Ctrl-C to both; a signal sent to this process alone is passed on. Twice is as once.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    try {
      child.kill(signal);
    } catch {
      // It has ended already: its status is on the way.
    }
  });
}
Deno.exit((await child.status).code);
