/**
 * Programs for tests that Go builds: once, and kept in the user's cache folder.
 *
 * @module
 */
import { cacheFolder } from "@gopool/testing/servers";
import { skipped } from "./absent.ts";

export interface GoProgram {
  /** As Go names the executable. */
  readonly name: string;
  /** What `go install` is given, without the version. */
  readonly from: string;
  readonly version: string;
}

/**
 * The program's path, building it where it is not in the cache yet (a minute or two). Null on a machine without Go, said
 * in a sentence; with CI=true that is an error instead.
 */
export async function findGoProgram(program: GoProgram): Promise<string | null> {
  const { name, version } = program;
  const folder = `${cacheFolder()}/${name}-${version}`;
  const path = `${folder}/${name}`;
  if (await exists(path)) return path;
  const why = await build(program, folder, path);
  if (why === null) return path;
  return skipped(`Tests against ${name} ${version} are skipped: ${why}`);
}

/** Null when it is built, else why it is not. Test files run side by side: the last step is one rename. */
async function build(
  { name, from, version }: GoProgram,
  folder: string,
  path: string,
): Promise<string | null> {
  await Deno.mkdir(folder, { recursive: true });
  const own = await Deno.makeTempDir({ dir: folder, prefix: "build-" });
  try {
    const { success, stderr } = await new Deno.Command("go", {
      args: ["install", `${from}@${version}`],
      env: { GOBIN: own },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      return `Go could not build it: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
    }
    await Deno.rename(`${own}/${name}`, path);
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no Go on this machine";
    throw error;
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
