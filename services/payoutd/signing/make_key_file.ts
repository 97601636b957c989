/**
 * A key of the pool's own, made at its first start: for the pool that runs by itself beside a simulated node.
 *
 * @module
 */
import { canonicalAddress, type Network } from "@gopool/chain";
import { DescriptorError, descriptorOf, keysOfDescriptor } from "@gopool/chain/descriptor";
import { type SigningKey, signingKey } from "@gopool/chain/psbt";
import { KeyFileNotOpened } from "./port.ts";

export interface MadeKeyFile {
  /** Taproot. */
  readonly script: Uint8Array;
  readonly address: string;
  /** Whether it was made just now. */
  readonly made: boolean;
}

/**
 * The script and address of the key in a file, which is made with mode 0600 if there is none. Nobody else may be doing
 * the same: the folder it stands in is held by one process.
 *
 * @param secret 32 random bytes: the key, if one is made. The chance that they are no key is 2^-128.
 * @throws {RangeError} The bytes are no private key.
 * @throws {KeyFileNotOpened} There is a file, but it does not begin with such a key for this network.
 */
export async function openOrMakeKeyFile(
  path: string,
  network: Network,
  secret: Uint8Array,
): Promise<MadeKeyFile> {
  const text = await existing(path);
  if (text === null) {
    const { script } = signingKey(secret, "p2tr");
    await write(path, `${descriptorOf(secret, "p2tr", network)}\n`);
    return { script, address: canonicalAddress(script, network)!, made: true };
  }
  const { script } = firstKey(path, text, network);
  return { script, address: canonicalAddress(script, network)!, made: false };
}

function firstKey(path: string, text: string, network: Network): SigningKey {
  const line = text.split("\n").map((line) => line.trim())
    .find((line) => line !== "" && !line.startsWith("#"));
  try {
    const [key] = keysOfDescriptor(line ?? "", network, []);
    if (key !== undefined) return key;
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    throw new KeyFileNotOpened(`Cannot use the key file ${path}: ${error.message}`);
  }
  throw new KeyFileNotOpened(`Cannot use the key file ${path}: its key has many addresses`);
}

async function existing(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Under another name first, and on the disk before anybody pays to it: a key cut short holds its coins for ever. */
async function write(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await Deno.remove(part).catch(() => {});
  await Deno.writeTextFile(part, text, { mode: 0o600, createNew: true });
  using file = await Deno.open(part, { write: true });
  await file.sync();
  await Deno.rename(part, path);
  using folder = await Deno.open(
    path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".",
  );
  await folder.sync();
}
