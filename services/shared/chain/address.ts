/**
 * Addresses to scripts and back, for every type and network. The one file that knows bitcoinjs-lib: its codecs
 * only, which need no elliptic curve, so that a taproot key off the curve is taken as Bitcoin Core takes it.
 *
 * @module
 */
import { address as codec } from "bitcoinjs-lib";
import { concat } from "./bytes.ts";
import { type Network, NETWORKS } from "./network.ts";

/** Text that is no address one could pay on this network. The message is a sentence for the one who typed it. */
export class AddressError extends Error {
  override name = "AddressError";
}

interface Form {
  /** Human-readable part of bech32 (BIP 173, for regtest chainparams.cpp). */
  readonly prefix: string;
  /** Version bytes of base58. */
  readonly publicKeyHash: number;
  readonly scriptHash: number;
}

const TEST_FORM: Form = { prefix: "tb", publicKeyHash: 111, scriptHash: 196 };

/** Bitcoin Core kernel/chainparams.cpp: base58Prefixes and bech32_hrp. The test networks share all three. */
const FORMS: Record<Network, Form> = {
  main: { prefix: "bc", publicKeyHash: 0, scriptHash: 5 },
  testnet3: TEST_FORM,
  testnet4: TEST_FORM,
  signet: TEST_FORM,
  regtest: { ...TEST_FORM, prefix: "bcrt" },
};

/** Characters of the longest address: bech32's own bound (BIP 173). Base58 addresses have at most 35. */
const ADDRESS_MAX_LENGTH = 90;
const BASE58_CHARACTERS = /^[1-9A-HJ-NP-Za-km-z]+$/;
const BECH32_DATA_CHARACTERS = /^[02-9ac-hj-np-z]*$/;
const CHECKSUM_CHARACTERS = 6;

/** The shape of a private key in wallet import format: 33 or 34 bytes behind version 0x80 or 0xef, in base58. */
const PRIVATE_KEY = /^[59KLc][1-9A-HJ-NP-Za-km-z]{50,51}$/;

const OP_0 = 0x00;
const OP_1 = 0x51;
const WITNESS_VERSION_MAX = 16;
/** Bytes of a witness program (BIP 141). */
const PROGRAM_MIN_BYTES = 2;
const PROGRAM_MAX_BYTES = 40;

/**
 * The scriptPubKey that an address stands for: P2PKH, P2SH, P2WPKH, P2WSH, P2TR and any later witness version.
 * Bech32 may be in upper case.
 *
 * @throws {AddressError} Saying what is wrong, what was given and what is wanted.
 */
export function scriptOfAddress(address: string, network: Network): Uint8Array {
  if (address.length === 0 || address.length > ADDRESS_MAX_LENGTH) {
    refuse(
      address,
      `it has ${address.length} characters, an address has 14 to ${ADDRESS_MAX_LENGTH}`,
    );
  }
  // Said without the text: messages end in logs and in front of strangers.
  if (PRIVATE_KEY.test(address)) {
    throw new AddressError(
      "Cannot pay to what was given: it looks like a private key; keep it secret",
    );
  }
  return bech32Prefix(address) === null
    ? scriptOfBase58(address, network)
    : scriptOfBech32(address, network);
}

/** Whether `scriptOfAddress()` would take it. */
export function isPayable(address: string, network: Network): boolean {
  try {
    scriptOfAddress(address, network);
    return true;
  } catch (error) {
    if (error instanceof AddressError) return false;
    throw error;
  }
}

/** The one way to write the address of a script (bech32 in lower case), or null where a script has none. */
export function canonicalAddress(script: Uint8Array, network: Network): string | null {
  const form = FORMS[network];
  const { length } = script;
  // OP_DUP OP_HASH160 <20> OP_EQUALVERIFY OP_CHECKSIG
  if (
    length === 25 && startsWith(script, 0x76, 0xa9, 20) && script[23] === 0x88 &&
    script[24] === 0xac
  ) {
    return codec.toBase58Check(script.slice(3, 23), form.publicKeyHash);
  }
  // OP_HASH160 <20> OP_EQUAL
  if (length === 23 && startsWith(script, 0xa9, 20) && script[22] === 0x87) {
    return codec.toBase58Check(script.slice(2, 22), form.scriptHash);
  }
  const opcode = script[0], programBytes = length - 2;
  if (opcode === undefined || script[1] !== programBytes) return null;
  if (programBytes < PROGRAM_MIN_BYTES || programBytes > PROGRAM_MAX_BYTES) return null;
  if (opcode === OP_0) {
    if (programBytes !== 20 && programBytes !== 32) return null;
    return codec.toBech32(script.slice(2), 0, form.prefix);
  }
  if (opcode < OP_1 || opcode >= OP_1 + WITNESS_VERSION_MAX) return null;
  return codec.toBech32(script.slice(2), opcode - OP_1 + 1, form.prefix);
}

function scriptOfBech32(address: string, network: Network): Uint8Array {
  const { prefix } = FORMS[network];
  if (address !== address.toLowerCase() && address !== address.toUpperCase()) {
    refuse(address, "it mixes upper and lower case, a bech32 address has one of them");
  }
  const given = bech32Prefix(address)!;
  if (given !== prefix) {
    const networks = NETWORKS.filter((n) => FORMS[n].prefix === given);
    refuse(
      address,
      networks.length > 0
        ? `it is an address of ${listed(networks)}, ${wanted(network)}`
        : `its prefix "${given}" is no Bitcoin network's, ${wanted(network)}`,
    );
  }
  const data = address.toLowerCase().slice(given.length + 1);
  if (!BECH32_DATA_CHARACTERS.test(data)) {
    refuse(address, `${firstStray(data, BECH32_DATA_CHARACTERS)} is no character of bech32`);
  }
  if (data.length <= CHECKSUM_CHARACTERS) {
    refuse(address, "it is cut short: it has no witness version");
  }
  const { version, data: program } = decodeBech32(address);
  if (version > WITNESS_VERSION_MAX) {
    refuse(address, `its witness version is ${version}, it must be 0 to 16`);
  }
  if (program.length < PROGRAM_MIN_BYTES || program.length > PROGRAM_MAX_BYTES) {
    refuse(address, `its witness program has ${program.length} bytes, it must have 2 to 40`);
  }
  if (version === 0 && program.length !== 20 && program.length !== 32) {
    refuse(
      address,
      `its witness program has ${program.length} bytes, version 0 has 20 or 32`,
    );
  }
  return concat(Uint8Array.of(version === 0 ? OP_0 : OP_1 + version - 1, program.length), program);
}

/** The codec's errors, told apart by its words where they can be, else as what is left: the checksum. */
function decodeBech32(address: string): { version: number; data: Uint8Array } {
  try {
    return codec.fromBech32(address);
  } catch (error) {
    const words = error instanceof Error ? error.message : "";
    if (words.includes("wrong encoding")) {
      refuse(
        address,
        "it has the checksum of another witness version (version 0 uses bech32, others bech32m)",
      );
    }
    if (words.includes("padding")) refuse(address, "its last characters carry stray bits");
    return refuse(address, "its checksum is wrong: a character is mistyped or missing");
  }
}

function scriptOfBase58(address: string, network: Network): Uint8Array {
  if (!BASE58_CHARACTERS.test(address)) {
    refuse(
      address,
      `${
        firstStray(address, BASE58_CHARACTERS)
      } is no character of base58, and it does not begin ` +
        `like bech32; ${wanted(network)}`,
    );
  }
  const { version, hash } = decodeBase58(address);
  const form = FORMS[network];
  if (version === form.publicKeyHash) {
    return concat(Uint8Array.of(0x76, 0xa9, 20), hash, Uint8Array.of(0x88, 0xac));
  }
  if (version === form.scriptHash) {
    return concat(Uint8Array.of(0xa9, 20), hash, Uint8Array.of(0x87));
  }
  const networks = NETWORKS.filter((n) =>
    FORMS[n].publicKeyHash === version || FORMS[n].scriptHash === version
  );
  return refuse(
    address,
    networks.length > 0
      ? `it is an address of ${listed(networks)}, ${wanted(network)}`
      : `its version byte ${version} is no Bitcoin network's, ${wanted(network)}`,
  );
}

function decodeBase58(address: string): { version: number; hash: Uint8Array } {
  try {
    return codec.fromBase58Check(address);
  } catch (error) {
    const words = error instanceof Error ? error.message : "";
    if (/too (short|long)/.test(words)) {
      refuse(address, "it is base58 of another length, an address carries 21 bytes");
    }
    return refuse(address, "its checksum is wrong: a character is mistyped or missing");
  }
}

/** What stands before bech32's separator, lower case; null where the text does not look like bech32. */
function bech32Prefix(address: string): string | null {
  // A base58 address may contain a "1" too: without a known prefix, bech32 is what base58 cannot be.
  const known = /^(bcrt|bc|tb)1/i.exec(address);
  if (known !== null) return known[1]!.toLowerCase();
  const other = /^([a-z]{2,10})1[02-9ac-hj-np-z]{6,}$/i.exec(address);
  return other !== null && address.length > 35 ? other[1]!.toLowerCase() : null;
}

function wanted(network: Network): string {
  const { prefix } = FORMS[network];
  const base58 = network === "main" ? "1 or 3" : "m, n or 2";
  return `on ${network} an address begins with ${prefix}1, ${base58}`;
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function firstStray(text: string, allowed: RegExp): string {
  return JSON.stringify([...text].find((c) => !allowed.test(c)));
}

function startsWith(script: Uint8Array, ...head: readonly number[]): boolean {
  return head.every((byte, i) => script[i] === byte);
}

function refuse(address: string, why: string): never {
  const shown = address.length > 100 ? `${address.slice(0, 100)}…` : address;
  throw new AddressError(`Cannot pay to ${JSON.stringify(shown)}: ${why}`);
}
