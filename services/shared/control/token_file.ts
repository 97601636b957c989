/**
 * The token of who works on this machine: a file that only the pool's own user can read. Who can read it could as well
 * take the pool's data.
 *
 * @module
 */
import { dirname } from "node:path";
import { type Clock, FatalError, type Logger } from "@gopool/runtime";

/** 256 bits: nobody tries them out. */
const TOKEN_BYTES = 32;
/** As the settings take it: what else stands in the file is a mistake. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{16,256}$/;
/** Read and written by the owner. */
const MODE = 0o600;
/** Any access by others. */
const OTHERS = 0o077;
/** Several services may start at once: the one that makes the file writes it within this time. */
const WRITTEN_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

/**
 * The token in the file; made, with a file that only this user can read, where there is none.
 *
 * @throws {FatalError} In a sentence that names the file.
 */
export async function machineToken(
  path: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<string> {
  try {
    const made = await makeToken(path);
    if (made !== null) {
      log.info("a token for this machine has been made", { file: path });
      return made;
    }
    const token = await written(path, clock);
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & OTHERS) !== 0) {
      log.warn("the control token can be read by other users of this machine: chmod 600", {
        file: path,
      });
    }
    if (!TOKEN.test(token)) {
      throw new FatalError(
        `The control token in ${path} is none: it must be 16 to 256 letters, digits and ._~+/=- on one line. Remove the file, and a new one is made`,
      );
    }
    return token;
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(
      `Cannot keep the control token in ${path}: ${
        (error as Error).message
      }. Name another place with GOPOOL_CONTROL_TOKEN_FILE, or tokens with GOPOOL_CONTROL_TOKENS`,
      { cause: error },
    );
  }
}

/** Null where the file is there already: then it is somebody's to read. */
async function makeToken(path: string): Promise<string | null> {
  try {
    return await makeAt(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return null;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dirname(path), { recursive: true });
    return await makeAt(path).catch((again) => {
      if (again instanceof Deno.errors.AlreadyExists) return null;
      throw again;
    });
  }
}

async function makeAt(path: string): Promise<string> {
  const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  await Deno.writeTextFile(path, `${token}\n`, { createNew: true, mode: MODE });
  return token;
}

/** Its text; waits a moment for one that is being written. */
async function written(path: string, clock: Clock): Promise<string> {
  const endMs = clock.monotonic() + WRITTEN_WITHIN_MS;
  while (true) {
    const text = (await Deno.readTextFile(path)).trim();
    if (text !== "" || clock.monotonic() >= endMs) return text;
    await clock.sleep(LOOK_EVERY_MS);
  }
}
