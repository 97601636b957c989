/**
 * What the value of a request means. Pure.
 *
 * @module
 */
import {
  AddressError,
  canonicalAddress,
  equalBytes,
  MAX_SUPPLY_SATS,
  scriptOfAddress,
} from "@gopool/chain";
import { readScript } from "@gopool/chain/psbt";
import type { ClientSetting } from "@gopool/ledger/clients";
import type { ClientRules } from "./rules.ts";

/** A value read. `after` is how people read it. */
export type Choice =
  /** Null: to the mining address. */
  | {
    readonly setting: "payout-address";
    readonly script: Uint8Array | null;
    readonly after: string;
  }
  | { readonly setting: "cancel-payout-address"; readonly after: string }
  /** Null: the pool's own. */
  | { readonly setting: "threshold"; readonly sats: bigint | null; readonly after: string }
  | {
    readonly setting: "donation";
    readonly basisPoints: number | null;
    readonly after: string;
  }
  /** Null: nowhere. */
  | { readonly setting: "notify"; readonly place: string | null; readonly after: string };

const DEFAULT = "default";

/** The choice that a value is, or a sentence that says why it is none. */
export function choiceOf(
  setting: ClientSetting,
  value: string,
  rules: ClientRules,
): Choice | string {
  switch (setting) {
    case "payout-address":
      return payoutAddress(value, rules);
    case "cancel-payout-address":
      return value === "pending"
        ? { setting, after: "cancelled" }
        : 'What is cancelled is "pending", the change that has not taken effect yet';
    case "threshold":
      return threshold(value, rules);
    case "donation":
      return donation(value);
    case "notify":
      if (value === "off") return { setting, place: null, after: value };
      return PLACE.test(value)
        ? { setting, place: value, after: value }
        : 'A place to be told of things at is mailto:…, https://… or "off"';
  }
}

/** The two ways in which anybody is told anything. What is behind them is looked at by who uses it. */
const PLACE =
  /^(mailto:[^@]{1,64}@[a-zA-Z0-9.-]{3,120}|https:\/\/[a-zA-Z0-9.-]{3,120}(?:[/:?].*)?)$/;

/** Bytes of the largest script of which all know how it is spent: P2WSH and P2TR. */
const SCRIPT_HASH_BYTES = 34;

function payoutAddress(value: string, { network, poolScripts }: ClientRules): Choice | string {
  const setting = "payout-address";
  if (value === "own") return { setting, script: null, after: value };
  let script: Uint8Array;
  try {
    script = scriptOfAddress(value, network);
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
  if (poolScripts.some((own) => equalBytes(own, script))) {
    return `${value} is the pool's own address: nobody is paid there`;
  }
  if (!isUsual(script)) {
    return `${value} is of a kind that nobody can safely be paid at yet`;
  }
  return { setting, script, after: canonicalAddress(script, network)! };
}

/** P2PKH, P2SH, P2WPKH, P2WSH, P2TR. Later witness versions can be spent by anybody until they mean something. */
function isUsual(script: Uint8Array): boolean {
  const isScriptHash = script.length === 23 && script[0] === 0xa9;
  const isWitnessScript = script.length === SCRIPT_HASH_BYTES && script[0] === 0x00;
  return readScript(script) !== null || isScriptHash || isWitnessScript;
}

function threshold(value: string, { leastThresholdSats }: ClientRules): Choice | string {
  if (value === DEFAULT) return { setting: "threshold", sats: null, after: value };
  const sats = /^[1-9]\d{0,15}$/.test(value) ? BigInt(value) : -1n;
  return sats < leastThresholdSats || sats > MAX_SUPPLY_SATS
    ? `A threshold is a whole number of satoshis from ${leastThresholdSats} on, or "${DEFAULT}"`
    : { setting: "threshold", sats, after: value };
}

function donation(value: string): Choice | string {
  if (value === DEFAULT) return { setting: "donation", basisPoints: null, after: value };
  const basisPoints = /^(0|[1-9]\d{0,4})$/.test(value) ? Number(value) : -1;
  return basisPoints < 0 || basisPoints > 10_000
    ? `A donation is a whole number of basis points from 0 to 10000, or "${DEFAULT}"`
    : { setting: "donation", basisPoints, after: value };
}
