/** Who signs payouts. @module */
export { openSigner, type SignerOptions } from "./open.ts";
export { type SignedPayout, type Signer, SigningFailed, type UnsignedPayout } from "./port.ts";
