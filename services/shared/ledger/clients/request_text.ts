/**
 * The text that a miner signs to change a setting: one line, since wallets treat line ends each in its own way, and
 * words that a person can read on the screen of a signing device.
 *
 * @module
 */
import { type Network, NETWORKS } from "@gopool/chain";

/** Settings that a miner can change for its account. */
export const CLIENT_SETTINGS = [
  /** An address to be paid at, or "own": the mining address. Takes effect after a delay. */
  "payout-address",
  /** "pending": takes the change back that has not taken effect yet. */
  "cancel-payout-address",
  /** Satoshis from which on the balance is paid, or "default". */
  "threshold",
  /** Hundredths of a percent that are given to the pool's donation, or "default". */
  "donation",
  /** A place to be told of things at, such as mailto:somebody@example.org, or "off". */
  "notify",
] as const;
export type ClientSetting = (typeof CLIENT_SETTINGS)[number];

export interface ClientRequest {
  readonly pool: string;
  readonly network: Network;
  /** The mining address, as the pool writes it. */
  readonly account: string;
  readonly setting: ClientSetting;
  readonly value: string;
  /** 16 to 64 hex digits in lower case that the account has not used before. */
  readonly nonce: string;
  /** After this the request is void. Whole seconds. */
  readonly expiresAtMs: number;
}

/** Characters of a request: names, two addresses of at most 90, a nonce of 64 and words around them. */
export const REQUEST_MAX_LENGTH = 600;

/** Characters of a value: of these, "notify" needs most. */
export const VALUE_MAX_LENGTH = 200;

/** The line to be signed. */
export function requestText(request: ClientRequest): string {
  const { pool, network, account, setting, value, nonce, expiresAtMs } = request;
  const expires = new Date(expiresAtMs).toISOString().replace(".000Z", "Z");
  return `GoPool request: pool ${pool}, network ${network}, account ${account}, ` +
    `${setting} ${value}, nonce ${nonce}, expires ${expires}`;
}

/** Values have neither spaces nor commas, so that a line is read in one way only. */
const LINE = new RegExp(
  "^GoPool request: pool ([a-z0-9][a-z0-9-]{0,31}), " +
    `network (${NETWORKS.join("|")}), ` +
    "account ([0-9A-Za-z]{14,90}), " +
    `(${CLIENT_SETTINGS.join("|")}) ([!-+\\--~]{1,${VALUE_MAX_LENGTH}}), ` +
    "nonce ([0-9a-f]{16,64}), " +
    "expires (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ)$",
);

/** The request that a line is; null where it is none. What is read gives the same line again. */
export function parseRequest(text: string): ClientRequest | null {
  const parts = text.length > REQUEST_MAX_LENGTH ? null : LINE.exec(text);
  if (parts === null) return null;
  const [, pool, network, account, setting, value, nonce, expires] = parts as unknown as string[];
  const expiresAtMs = Date.parse(expires!);
  const request: ClientRequest = {
    pool: pool!,
    network: network as Network,
    account: account!,
    setting: setting as ClientSetting,
    value: value!,
    nonce: nonce!,
    expiresAtMs,
  };
  // Not the 30th of February.
  return Number.isFinite(expiresAtMs) && requestText(request) === text ? request : null;
}
