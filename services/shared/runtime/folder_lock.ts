/**
 * One instance to a data folder. The lock is the kernel's (flock): a process that is killed leaves none behind.
 *
 * @module
 */
import { FatalError } from "./supervise.ts";

/**
 * Makes the folder if it is missing and holds it until disposed.
 *
 * @throws {FatalError} Another instance holds it, or it cannot be written to.
 */
export async function holdFolder(folder: string): Promise<Disposable> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    file = await Deno.open(`${folder}/lock`, { create: true, write: true });
  } catch (error) {
    throw new FatalError(
      `Cannot use the data folder ${folder} (GOPOOL_DATA_DIR): ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (!await file.tryLock(true)) {
    file.close();
    throw new FatalError(
      `Another instance is running on the data folder ${folder}: stop it, or name another folder with GOPOOL_DATA_DIR`,
    );
  }
  return { [Symbol.dispose]: () => file.close() };
}
