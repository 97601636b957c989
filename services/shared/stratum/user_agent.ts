/**
 * What a user agent tells about the machine behind it. A name proves nothing: it only picks a sensible start
 * and keeps a pool from harming a device it could have known.
 *
 * @module
 */

export type UserAgentClass = "asic" | "hobby" | "rental" | "proxy" | "cpu" | "unknown";

export interface UserAgentTerms {
  readonly class: UserAgentClass;
  /** The family, for logs and statistics. */
  readonly name: string;
  /** Never send a difficulty below this. */
  readonly minimumDifficulty: number;
  /** True: a miner that asks for less (suggest, `d=`) may go below the minimum. */
  readonly mayAskLower: boolean;
  /** Where to start unless the miner asks; absent: the pool's own start. */
  readonly startDifficulty?: number;
  /** Largest whole coinbase, without witness, its receive buffers take. */
  readonly coinbaseBytesMax: number;
  /**
   * Whether a `client.reconnect` without an address makes it connect to the same place again. To all others
   * it is noise at best: ESP-Miner has it switched off (#41), and the cpuminer family wants host and port.
   */
  readonly obeysReconnect: boolean;
  /**
   * Whether it answers `client.get_version` by itself: cgminer does (util.c, send_version), and those that were made
   * of it, bfgminer among them. Others may take an unknown question for anything.
   */
  readonly answersVersion: boolean;
  /** Where the figures come from. */
  readonly source: string;
}

interface Row extends UserAgentTerms {
  readonly pattern: RegExp;
}

/**
 * Below 1 an ASIC floods: an M30S++ restarts over and over (public-pool #120). Hobby devices hash in
 * software and need fractions.
 */
const ASIC_MINIMUM = 1;
/** 5 kH/s finds 15 shares a minute at 0.0000047; lower would only serve slower things. */
const HOBBY_MINIMUM = 0.000_001;

/** DATUM's class for everything it does not know, S19 included. */
const COINBASE_DEFAULT = 750;
/** NerdMiner reads each half of at most 512 hex digits and cuts the rest silently (NerdMiner #809). */
const COINBASE_HOBBY = 255;
/** ESP-Miner cut each half at 384 bytes (#1897); the first half and the extranonce take about 110. */
const COINBASE_ESP = 480;

function asic(
  name: string,
  pattern: RegExp,
  more: { start?: number; coinbase?: number; reconnect?: boolean; source: string },
): Row {
  return {
    pattern,
    class: "asic",
    name,
    minimumDifficulty: ASIC_MINIMUM,
    mayAskLower: false,
    ...(more.start === undefined ? {} : { startDifficulty: more.start }),
    coinbaseBytesMax: more.coinbase ?? COINBASE_DEFAULT,
    obeysReconnect: more.reconnect ?? false,
    // The same ones: cgminer, its children, bfgminer.
    answersVersion: more.reconnect ?? false,
    source: more.source,
  };
}

function small(
  cls: "hobby" | "cpu",
  name: string,
  pattern: RegExp,
  start: number,
  source: string,
): Row {
  return {
    pattern,
    class: cls,
    name,
    minimumDifficulty: HOBBY_MINIMUM,
    mayAskLower: true,
    startDifficulty: start,
    coinbaseBytesMax: cls === "hobby" ? COINBASE_HOBBY : COINBASE_DEFAULT,
    obeysReconnect: false,
    answersVersion: false,
    source,
  };
}

function proxy(name: string, pattern: RegExp, obeysReconnect: boolean, source: string): Row {
  return {
    pattern,
    class: "proxy",
    name,
    minimumDifficulty: ASIC_MINIMUM,
    mayAskLower: false,
    startDifficulty: 65_536,
    coinbaseBytesMax: COINBASE_DEFAULT,
    obeysReconnect,
    answersVersion: false,
    source,
  };
}

/** The first row that fits counts, so the particular stands before the general. */
const TABLE: readonly Row[] = [
  {
    pattern: /nicehash/i,
    class: "rental",
    name: "NiceHash",
    // The market asks for 500 000 or more and its tester fails a connection that starts low.
    minimumDifficulty: 524_288,
    mayAskLower: false,
    startDifficulty: 524_288,
    coinbaseBytesMax: 500,
    obeysReconnect: false,
    answersVersion: false,
    source: "skaisser's ckpool README (>= 500000); DATUM forces 524288 and 500 bytes",
  },
  {
    pattern: /mining\s?rig\s?rentals|\bmrr\b/i,
    class: "rental",
    name: "MiningRigRentals",
    minimumDifficulty: ASIC_MINIMUM,
    // The rig's own suggestion is what the market measures the pool by.
    mayAskLower: false,
    startDifficulty: 1_000_000,
    coinbaseBytesMax: 500,
    obeysReconnect: false,
    answersVersion: false,
    source: "skaisser's ckpool README; miningrigrentals.com help centre, Rigs",
  },
  small(
    "hobby",
    "NerdMiner",
    /nerd\s?miner/i,
    0.0001,
    "NerdMiner suggests 0.0001; #809 for the size",
  ),
  small("hobby", "SparkMiner", /spark\s?miner/i, 0.0001, "SparkMiner #25"),
  small(
    "hobby",
    "ESP32",
    /\bnmminer|leafminer|esp32|esp8266|arduino/i,
    0.0001,
    "same buffers as NerdMiner",
  ),
  asic("NerdAxe", /nerd\w*axe/i, {
    start: 4096,
    coinbase: COINBASE_ESP,
    source: "ESP-Miner fork; about 5 TH/s at 15 shares a minute",
  }),
  asic("Bitaxe", /bitaxe|esp-?miner|axeos/i, {
    start: 1024,
    coinbase: COINBASE_ESP,
    source: "ESP-Miner #1897; about 1 TH/s at 15 shares a minute",
  }),
  asic("Whatsminer", /whatsminer|btminer/i, {
    start: 65_536,
    coinbase: 6500,
    source: "DATUM's coinbase classes",
  }),
  asic("Antminer S21", /antminer\s*s2[1-9]/i, {
    start: 65_536,
    coinbase: 2250,
    reconnect: true,
    source: "DATUM's coinbase classes; bmminer is a cgminer",
  }),
  asic("Antminer", /antminer|bmminer/i, {
    start: 16_384,
    reconnect: true,
    source: "DATUM's coinbase classes: S19; bmminer is a cgminer",
  }),
  asic("Braiins OS", /bosminer|braiins\s?os/i, {
    start: 65_536,
    coinbase: 2250,
    source: "DATUM's coinbase classes: bosminer-plus-tuner",
  }),
  asic("ePIC", /epic|powerplay/i, {
    start: 65_536,
    coinbase: 16_000,
    source: "DATUM's coinbase classes",
  }),
  asic("VNish", /vnish|\bxminer/i, {
    start: 65_536,
    coinbase: 16_000,
    source: "DATUM's coinbase classes",
  }),
  asic("LuxOS", /luxminer|luxos/i, { start: 65_536, source: "DATUM's default class" }),
  asic("Avalon", /avalon|canaan/i, {
    start: 1024,
    reconnect: true,
    source: "its miner is a cgminer; a Nano 3 makes 4 TH/s, a rack unit 100",
  }),
  proxy("ckproxy", /ckproxy|ckpool/i, true, "ckpool's proxy mode: generator.c, parse_reconnect"),
  proxy(
    "farm proxy",
    /proxy|btc-?agent|stratum\s?switcher|lumerin|translator/i,
    false,
    "stands for many machines",
  ),
  small("cpu", "cpuminer", /cpuminer|minerd|ccminer/i, 0.01, "about 10 MH/s at 15 shares a minute"),
  // One name for S9s and for USB sticks: low enough for the stick, vardiff climbs for the rest.
  asic("cgminer", /cgminer|sgminer/i, {
    start: 1024,
    reconnect: true,
    source:
      "S9-class and GekkoScience alike; util.c, parse_reconnect: its own url where none is given",
  }),
  asic("bfgminer", /bfgminer/i, {
    start: 1024,
    reconnect: true,
    source: "drives ASICs of every size; util.c, parse_reconnect as cgminer's",
  }),
];

/**
 * A name nobody knows, or none (cgminer's retry sends none): treated as a possible ASIC, which a low start
 * would flood, unless it asks for less itself, which no ASIC does.
 */
export const UNKNOWN_AGENT: UserAgentTerms = {
  class: "unknown",
  name: "unknown",
  minimumDifficulty: ASIC_MINIMUM,
  mayAskLower: true,
  coinbaseBytesMax: COINBASE_DEFAULT,
  obeysReconnect: false,
  answersVersion: false,
  source: "the ASIC's floor, for safety",
};

/** @param userAgent As mining.subscribe carried it; "" for none. */
export function classifyUserAgent(userAgent: string): UserAgentTerms {
  return TABLE.find((row) => row.pattern.test(userAgent)) ?? UNKNOWN_AGENT;
}

/** The whole table, for documentation and statistics. */
export const USER_AGENTS: readonly UserAgentTerms[] = TABLE;
