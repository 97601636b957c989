/**
 * The elliptic curve, given to bitcoinjs-lib: pure JavaScript over noble-curves, no permission needed. Only this folder
 * and messages/ load it; the door of the room does without.
 *
 * @module
 */
import * as secp256k1 from "@bitcoinerlab/secp256k1";
import { initEccLib } from "bitcoinjs-lib";

initEccLib(secp256k1);

export { secp256k1 };
