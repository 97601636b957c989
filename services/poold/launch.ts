/**
 * Starts a program under exactly the permissions that its settings need, and ends as it ends. A mistake in the
 * settings is told here, before anything runs.
 *
 * @module
 */
import { ConfigError, HelpRequested, readConfig, readSome } from "@gopool/config";
import { schema } from "./config.ts";
import { permissionFlags, topicsFlags } from "./permissions.ts";
import { topicsSchema } from "./topics/settings.ts";

const env = (name: string) => Deno.env.get(name);

/** Programs by name: their file, and their permissions under the settings in effect. */
const PROGRAMS: Record<string, { file: string; flags: (args: string[]) => string[] }> = {
  poold: {
    file: "./main.ts",
    flags: (args) => permissionFlags(readConfig("poold", schema, { args, env }), env),
  },
  topics: {
    file: "./topics/main.ts",
    // The tool's own arguments are no settings: it complains of them itself.
    flags: () => topicsFlags(readSome(topicsSchema, { args: [], env })),
  },
};

/** The flags for the settings in effect; ends the process with the help or the mistakes. */
function flagsInEffect(flags: (args: string[]) => string[], args: string[]): string[] {
  try {
    return flags(args);
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
  args: ["run", "--quiet", ...flagsInEffect(program.flags, args), main, ...args],
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
