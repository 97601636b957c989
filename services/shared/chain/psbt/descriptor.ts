/**
 * Output descriptors with a private key (BIP 380, 382, 386). @bitcoinerlab/descriptors reads them; its messages quote
 * what they are about, which here is a key, so that none of its words leaves this file.
 *
 * @module
 */
import { checksum, ECPair, expand } from "@bitcoinerlab/descriptors";
import { networks } from "bitcoinjs-lib";
import { equalBytes } from "../bytes.ts";
import type { Network } from "../network.ts";
import { type SigningKey, signingKey } from "./signing_key.ts";

/** A descriptor that gives no key to sign with. The message is a sentence that quotes none of it. */
export class DescriptorError extends Error {
  override name = "DescriptorError";
}

/** The test networks share their version bytes; only regtest's bech32 prefix is its own, and no key has one. */
const FORMS = {
  main: networks.bitcoin,
  testnet3: networks.testnet,
  testnet4: networks.testnet,
  signet: networks.testnet,
  regtest: networks.regtest,
} satisfies Record<Network, unknown>;

/** One key alone: WIF, or an extended private key with its path; each perhaps with its origin in brackets. */
const FORM = /^(wpkh|tr)\((?:\[[0-9a-fA-F]{8}[0-9hH'/]*\])?[^()[\]{}<>;,#\s]+\)(?:#[0-9a-z]{8})?$/;

/** How far a descriptor of many addresses is followed: Bitcoin Core's own keypool is as long. */
export const RANGE_MAX = 1_000;

/**
 * The keys of `wpkh(KEY)` or `tr(KEY)`. A descriptor that ends in `/*` stands for many addresses: of the first
 * RANGE_MAX those whose scripts are `wanted`.
 *
 * @param text With or without its checksum; with one, it must be right.
 * @throws {DescriptorError} Another form, a wrong checksum, another network's key, no private key.
 */
export function keysOfDescriptor(
  text: string,
  network: Network,
  wanted: readonly Uint8Array[],
): SigningKey[] {
  const [, form] = FORM.exec(text) ?? [];
  if (form === undefined) {
    refuse("must be wpkh(KEY) or tr(KEY), KEY being a WIF key or an extended private key and path");
  }
  const kind = form === "tr" ? "p2tr" : "p2wpkh";
  if (!/\/\*['hH]?\)/.test(text)) return [keyAt(text, kind, network)];
  const keys: SigningKey[] = [];
  for (let index = 0; index < RANGE_MAX && keys.length < wanted.length; index++) {
    const key = keyAt(text, kind, network, index);
    if (wanted.some((script) => equalBytes(script, key.script))) keys.push(key);
  }
  return keys;
}

/** A descriptor for a new key, with its checksum, as `keysOfDescriptor()` reads it. */
export function descriptorOf(
  secret: Uint8Array,
  kind: SigningKey["kind"],
  network: Network,
): string {
  const wif = ECPair.fromPrivateKey(secret, { network: FORMS[network] }).toWIF();
  const text = `${kind === "p2tr" ? "tr" : "wpkh"}(${wif})`;
  return `${text}#${checksum(text)}`;
}

function keyAt(
  text: string,
  kind: SigningKey["kind"],
  network: Network,
  index?: number,
): SigningKey {
  const { secret, script } = expanded(text, network, index);
  const key = signingKey(secret, kind);
  // The library and this room derive apart from each other: what they do not agree on is not signed with.
  if (script === undefined || !equalBytes(key.script, script)) {
    refuse("must have a compressed key: its script cannot be derived");
  }
  return key;
}

function expanded(text: string, network: Network, index?: number) {
  try {
    const { expansionMap, payment } = expand({
      descriptor: text,
      network: FORMS[network],
      ...(index === undefined ? {} : { index }),
    });
    const key = expansionMap?.["@0"];
    const path = key?.keyPath?.replaceAll(/[hH]/g, "'").slice(1);
    const secret = key?.ecpair?.privateKey ??
      (path ? key?.bip32?.derivePath(path) : key?.bip32)?.privateKey;
    if (secret) return { secret, script: payment?.output };
  } catch {
    refuse(
      `must be a descriptor of ${network}, with a key and checksum that are right: this one cannot be read`,
    );
  }
  return refuse("must have a private key: this one can only watch");
}

function refuse(why: string): never {
  throw new DescriptorError(`Cannot sign with this descriptor: ${why}`);
}
