/**
 * A signer whose key stands in a file of this machine: descriptors with private keys, one a line. The key is read once,
 * at the start, and never shown: no message, log or object of this file holds it.
 *
 * @module
 */
import { canonicalAddress, equalBytes, type Network } from "@gopool/chain";
import { DescriptorError, keysOfDescriptor } from "@gopool/chain/descriptor";
import { type SigningKey, signPayment } from "@gopool/chain/psbt";
import { KEY_FILE_MAX_BYTES } from "./limits.ts";
import { KeyFileNotOpened, type Signer, SigningFailed } from "./port.ts";

/**
 * Opens a key file. A line is a descriptor, `wpkh(KEY)` or `tr(KEY)` with or without checksum, or empty, or a remark
 * after "#". One of the keys must be for the pool's own script; others are for scripts that were the pool's before.
 *
 * @param scripts The pool's script first, then those it was before.
 * @throws {KeyFileNotOpened} It cannot be read, others than its owner can read it, or its key is not the pool's.
 */
export async function openKeyFile(
  path: string,
  o: { readonly network: Network; readonly scripts: readonly Uint8Array[] },
): Promise<Signer> {
  const refuse = (why: string): never => {
    throw new KeyFileNotOpened(`Cannot sign with the key file ${path}: ${why}`);
  };
  const [own] = o.scripts as readonly [Uint8Array];
  const keys: SigningKey[] = [];
  for (const [at, line] of (await readSecret(path, refuse)).split("\n").entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    try {
      keys.push(...keysOfDescriptor(text, o.network, o.scripts));
    } catch (error) {
      if (!(error instanceof DescriptorError)) throw error;
      refuse(`line ${at + 1}: ${error.message}`);
    }
  }
  if (!keys.some(({ script }) => equalBytes(script, own))) {
    const found = keys.map(({ script }) => canonicalAddress(script, o.network)).join(", ");
    refuse(
      `none of its keys is for the pool's address ${canonicalAddress(own, o.network)}` +
        (found === "" ? "" : `, they are for ${found}`),
    );
  }
  return signerOf(`the key file ${path}`, own, keys);
}

/** A signer of these keys. */
export function signerOf(name: string, own: Uint8Array, keys: readonly SigningKey[]): Signer {
  const signs = (script: Uint8Array) => keys.some((key) => equalBytes(key.script, script));
  return {
    name,
    script: own,
    signs,
    sign(request) {
      const stranger = request.inputs.find(({ script }) => !signs(script));
      if (stranger !== undefined) {
        return Promise.reject(
          new SigningFailed(
            `Cannot sign payout ${request.id}: ${name} has no key for script ${stranger.script.toHex()}`,
          ),
        );
      }
      try {
        return Promise.resolve(signPayment(request, keys));
      } catch (error) {
        return Promise.reject(
          new SigningFailed(`Cannot sign payout ${request.id}: ${(error as Error).message}`, {
            cause: error,
          }),
        );
      }
    },
  };
}

/** Mode bits of group and others: a key is for its owner alone, as ssh has it. */
const OTHERS = 0o077;

/** The text of a file that only its owner may touch. Looked at after it is opened, so that it cannot be swapped. */
async function readSecret(path: string, refuse: (why: string) => never): Promise<string> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return refuse("there is no such file");
    return refuse((error as Error).message);
  }
  using _ = file;
  const { isFile, mode, size } = await file.stat();
  if (!isFile) refuse("it is no file");
  // Null where the system has no modes.
  if (mode !== null && (mode & OTHERS) !== 0) {
    refuse(
      `others than its owner may use it (mode ${(mode & 0o777).toString(8).padStart(4, "0")}): ` +
        `say \`chmod 600 ${path}\``,
    );
  }
  if (size > KEY_FILE_MAX_BYTES) {
    refuse(`it has ${size} bytes, more than ${KEY_FILE_MAX_BYTES}`);
  }
  return await new Response(file.readable).text();
}
