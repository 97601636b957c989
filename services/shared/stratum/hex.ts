import { toHex } from "@gopool/chain";

/** Value of each byte as a hex digit of either case, -1 where it is none. */
export const HEX_VALUE: Int8Array = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX_VALUE[digit.charCodeAt(0)] = value;
  HEX_VALUE[digit.toUpperCase().charCodeAt(0)] = value;
}

/**
 * Reads 1 to 8 hex digits of either case as an unsigned 32-bit number, most significant digit first. Fewer
 * than 8 are padded on the left: NerdMiner prints its nonce without leading zeros.
 *
 * @returns -1 for anything else.
 */
export function readUint32(text: string): number {
  if (text.length < 1 || text.length > 8) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 256 ? HEX_VALUE[code]! : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** 8 lower-case digits, zero-padded: cpuminer-opt refuses a notify whose words are shorter. */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** True for an even number of hex digits of either case; the empty text counts. */
export function isHexBytes(text: unknown): text is string {
  return typeof text === "string" && text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

/** Lower-case hex of bytes; text is taken as it is. */
export function asHex(value: Uint8Array | string): string {
  return typeof value === "string" ? value : toHex(value);
}
