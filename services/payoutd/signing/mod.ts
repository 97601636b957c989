/** Who signs payouts. @module */
export { createCoreWallet, type WalletNode } from "./core_wallet.ts";
export { openSigner, type SignerOptions } from "./open.ts";
export { type SignedPayout, type Signer, SigningFailed, type UnsignedPayout } from "./port.ts";
