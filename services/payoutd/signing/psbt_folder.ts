/**
 * A signer that nobody can reach but people: the payout is put into a folder as a PSBT file, carried to where the keys
 * are, and looked for, signed, in the same folder. Files are written whole or not at all, and none is ever removed: the
 * signed one is needed again if payoutd ends before it has stored what was in it.
 *
 * @module
 */
import { PSBT_MAX_BYTES, unsignedPsbt } from "@gopool/chain/psbt";
import { equalBytes } from "@gopool/chain";
import { type Signer, SigningFailed, type UnsignedPayout } from "./port.ts";
import { signsElsewhere, takeSigned } from "./taken.ts";

/** What becomes part of a file's name. */
const ID = /^[a-z0-9][a-z0-9-]{0,59}$/;

/** Behind the id: a PSBT, finalized or not, or a finished transaction as other tools write it. */
const SIGNED = [".signed.psbt", ".signed.txn"] as const;
const UNSIGNED = ".unsigned.psbt";

/**
 * Puts `ID.unsigned.psbt` into the folder and looks for `ID.signed.psbt` (or `ID.signed.txn`, the finished transaction
 * as hex or bytes).
 *
 * @param scripts The pool's script first, then those it was before.
 */
export function createPsbtFolder(folder: string, scripts: readonly Uint8Array[]): Signer {
  return {
    name: `the PSBT folder ${folder}`,
    script: scripts[0] ?? null,
    signs: signsElsewhere(scripts),
    async sign(request, signal) {
      if (!ID.test(request.id)) {
        throw new SigningFailed(`Cannot name a file for payout ${JSON.stringify(request.id)}`);
      }
      signal.throwIfAborted();
      try {
        return await signed(folder, request) ?? await offered(folder, request);
      } catch (error) {
        if (error instanceof SigningFailed) throw error;
        throw new SigningFailed(
          `Cannot sign payout ${request.id} by the folder ${folder}: ${(error as Error).message}`,
          { cause: error },
        );
      }
    },
  };
}

/** What lies there signed; "waiting" where signatures are missing in it, null where nothing lies there. */
async function signed(folder: string, request: UnsignedPayout) {
  for (const ending of SIGNED) {
    const path = `${folder}/${request.id}${ending}`;
    const bytes = await readIfThere(path);
    if (bytes === null) continue;
    const taken = takeSigned(request, bytes, `the file ${path}`);
    return "raw" in taken ? taken : "waiting";
  }
  return null;
}

/** Puts the unsigned file there, unless it is there already. */
async function offered(folder: string, request: UnsignedPayout): Promise<"waiting"> {
  const path = `${folder}/${request.id}${UNSIGNED}`;
  const psbt = unsignedPsbt(request);
  const there = await readIfThere(path);
  if (there === null || !equalBytes(there, psbt)) {
    const part = `${path}.part`;
    await Deno.writeFile(part, psbt);
    await Deno.rename(part, path);
  }
  return "waiting";
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    using file = await Deno.open(path, { read: true });
    const { size, isFile } = await file.stat();
    if (!isFile) throw new SigningFailed(`Cannot read ${path}: it is no file`);
    if (size > PSBT_MAX_BYTES) {
      throw new SigningFailed(
        `Cannot read ${path}: it has ${size} bytes, more than ${PSBT_MAX_BYTES}`,
      );
    }
    const bytes = await new Response(file.readable).bytes();
    return bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
