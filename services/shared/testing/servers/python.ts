/**
 * Python programs and libraries for tests: a virtual environment for each set of packages, made once and kept in the
 * user's cache folder.
 *
 * @module
 */
import { type Absent, cacheFolder } from "./absent.ts";

export interface PythonSet {
  /** Of the folder; another set of packages needs another name. */
  readonly name: string;
  /** As pip is given them, each pinned: `schemathesis==4.1.0`. */
  readonly packages: readonly string[];
  /** A statement that only works when they are there: `import schemathesis`. */
  readonly proof: string;
}

/** The path of a Python that has the packages, made where it is not in the cache yet (some seconds to a minute). */
export async function findPython(set: PythonSet): Promise<string | Absent> {
  const folder = `${cacheFolder()}/python-${set.name}`;
  const python = `${folder}/bin/python`;
  const why = await install(set, folder, python);
  return why === null ? python : { why };
}

/**
 * Null when it is there, else why it is not. An environment cannot be moved once it is made, so it is made in its
 * place, and test files that run side by side wait for each other.
 */
async function install(
  { packages, proof }: PythonSet,
  folder: string,
  python: string,
): Promise<string | null> {
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}.lock`, { write: true, create: true });
  await lock.lock(true);
  const finished = `${folder}/finished`;
  const wanted = packages.join("\n");
  try {
    // Other packages under this name, or the Python that it was made with is gone by now: made again.
    const found = await Deno.readTextFile(finished);
    if (found === wanted && await run(python, ["-c", proof]) === null) return null;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    const why = await run("python3", ["-m", "venv", "--clear", folder]) ??
      await run(python, ["-m", "pip", "install", "--quiet", ...packages]) ??
      await run(python, ["-c", proof]);
    if (why === null) await Deno.writeTextFile(finished, wanted);
    return why;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no Python on this machine";
    throw error;
  }
}

/** Null when it succeeds, else the last thing it said. @throws {Deno.errors.NotFound} */
async function run(command: string, args: readonly string[]): Promise<string | null> {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return null;
  const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  return `\`${command} ${args.join(" ")}\` failed: ${last}`;
}
