/**
 * Starts main.ts of a service under exactly the permissions that its settings need, and ends as it ends.
 * A mistake in the settings is told here, before anything runs.
 *
 * @module
 */
import { ConfigError, HelpRequested, readConfig } from "@gopool/config";
import { schema } from "./config.ts";
import { permissionFlags } from "./permissions.ts";

/** The flags for the settings in effect; ends the process with the help or the mistakes. */
function flagsInEffect(): string[] {
  const env = (name: string) => Deno.env.get(name);
  try {
    return permissionFlags(readConfig("poold", schema, { args: Deno.args, env }), env);
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

const child = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--quiet",
    ...flagsInEffect(),
    new URL("./main.ts", import.meta.url).pathname,
    ...Deno.args,
  ],
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
