/**
 * Starts a program under exactly the permissions that its settings need, and ends as it ends. A mistake in the
 * settings is told here, before anything runs.
 *
 * The launcher itself may read files and all variables and start Deno, nothing else: no network, no writing. All
 * variables, because a misspelt one can only be told by who sees its name; whoever may start Deno could do more.
 *
 * @module
 */
import { ConfigError, HelpRequested, readConfig, type Sources } from "@gopool/config";
import { permissionFlags, topicsFlags } from "./permissions.ts";
import { readSettings } from "./settings.ts";
import { topicsSchema } from "./topics/settings.ts";

const env = (name: string) => Deno.env.get(name);
const envNames = Object.keys(Deno.env.toObject());

/** Programs by name: their file, and their permissions under the settings in effect. */
const PROGRAMS: Record<string, { file: string; flags: (from: Sources) => string[] }> = {
  poold: {
    file: "./main.ts",
    flags: (from) => permissionFlags(readSettings(from), env),
  },
  topics: {
    file: "./topics/main.ts",
    // The tool's own arguments are no settings: it complains of them itself.
    flags: (from) => topicsFlags(readConfig("topics", topicsSchema, { ...from, args: [] }), env),
  },
};

/** The flags for the settings in effect; ends the process with the help or the mistakes. */
function flagsInEffect(flags: (from: Sources) => string[], args: string[]): string[] {
  try {
    return flags({ args, env, envNames });
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

const [name, ...args] = Deno.args;
const program = PROGRAMS[name ?? ""];
if (program === undefined) {
  console.error(`There is no program "${name}": it must be ${Object.keys(PROGRAMS).join(" or ")}`);
  Deno.exit(2);
}
const main = new URL(program.file, import.meta.url).pathname;
const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "--quiet", "--no-prompt", ...flagsInEffect(program.flags, args), main, ...args],
  stdin: "null",
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
