/**
 * A Python with DataFusion and Arrow for the stand-in of InfluxDB 3: a virtual environment, made once and kept in the
 * user's cache folder.
 *
 * @module
 */
import { type Absent, cacheFolder } from "./absent.ts";

/** DataFusion is the engine that InfluxDB 3 runs its SQL with; Arrow Flight is its wire. */
const PACKAGES: readonly string[] = ["datafusion==55.0.0", "pyarrow==26.0.1"];
const IMPORTS = "import datafusion, pyarrow.flight";

/** The path of a Python that has them, installed where they are not in the cache yet (half a minute). */
export async function findInfluxPython(): Promise<string | Absent> {
  const folder = `${cacheFolder()}/influx-${PACKAGES.map((name) => name.split("==")[1]).join("-")}`;
  const python = `${folder}/bin/python`;
  // An environment cannot be moved once it is made, so it is made in its place, and test files that run side by side
  // wait for each other.
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}.lock`, { write: true, create: true });
  await lock.lock(true);
  // The Python that it was made with may be gone by now.
  if (await exists(`${folder}/finished`) && await run(python, ["-c", IMPORTS]) === null) {
    return python;
  }
  const why = await run("python3", ["-m", "venv", "--clear", folder]) ??
    await run(python, ["-m", "pip", "install", "--quiet", ...PACKAGES]) ??
    await run(python, ["-c", IMPORTS]);
  if (why !== null) return { why };
  await Deno.writeTextFile(`${folder}/finished`, "");
  return python;
}

/** Null when it succeeds, else why not. */
async function run(command: string, args: readonly string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) return null;
    const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    return `\`${command} ${args.join(" ")}\` failed: ${last}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no ${command} on this machine`;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
