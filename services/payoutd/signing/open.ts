import type { Network } from "@gopool/chain";
import { createCoreWallet, type WalletNode } from "./core_wallet.ts";
import type { Signer } from "./port.ts";
import { createPsbtFolder } from "./psbt_folder.ts";

export interface SignerOptions {
  /** As GOPOOL_PAYOUTD_SIGNER says. */
  readonly kind: "none" | "key-file" | "core-wallet" | "psbt-folder";
  readonly network: Network;
  /** The pool's script first, then those it was before. */
  readonly scripts: readonly Uint8Array[];
  readonly keyFile?: string | undefined;
  readonly psbtFolder?: string | undefined;
  /** Whose wallet signs, where a wallet does. */
  readonly node: WalletNode;
}

/**
 * The signer that the settings name; null where nobody signs and nothing is paid out.
 *
 * @throws {KeyFileNotOpened} The key file cannot be used.
 */
export async function openSigner(o: SignerOptions): Promise<Signer | null> {
  switch (o.kind) {
    case "none":
      return null;
    case "key-file": {
      // Loaded only where a key is held: its library takes 28 MB.
      const { openKeyFile } = await import("./key_file.ts");
      return await openKeyFile(o.keyFile!, o);
    }
    case "core-wallet":
      return createCoreWallet(o.node, o.scripts);
    case "psbt-folder":
      return createPsbtFolder(o.psbtFolder!, o.scripts);
  }
}
