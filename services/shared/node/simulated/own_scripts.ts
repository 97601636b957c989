/**
 * What the simulated node locks its own coins with: scripts that anybody may spend, in three forms, so that each spend is
 * valid to the last script also for Bitcoin Core, without a key or a signature.
 *
 * @module
 */
import { concat, fromHex, sha256 } from "@gopool/chain";

/** Pushes 1 and no more: whoever shows this script may spend what is locked with it. */
export const OP_TRUE = Uint8Array.of(0x51);
/** HASH160 of that one byte. */
const OP_TRUE_HASH160 = fromHex("da1745e9b549bd0bfa1a569971c77eba30cd5a4b");

export const OWN_BARE = OP_TRUE;
export const OWN_P2SH = concat(fromHex("a914"), OP_TRUE_HASH160, fromHex("87"));
export const OWN_P2WSH = concat(fromHex("0020"), sha256(OP_TRUE));

/** The scripts whose coins the node can spend. */
export const OWN_SCRIPTS: readonly Uint8Array[] = [OWN_P2WSH, OWN_BARE, OWN_P2SH];
