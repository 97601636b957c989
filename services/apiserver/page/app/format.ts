/**
 * Figures as a miner reads them. Pure: the locale comes in, null is the browser's own.
 *
 * @module
 */

/** A double of protobuf's JSON: past what a number of JSON can be it is a word. */
export type JsonDouble = number | "NaN" | "Infinity" | "-Infinity" | undefined;

/** The number, 0 where it was left out. */
export function double(value: JsonDouble): number {
  return Number(value ?? 0);
}

/** A whole number of protobuf's JSON: 64 bits come as text. */
export function whole(value: string | number | undefined): bigint {
  return BigInt(value ?? 0);
}

const SCALES = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"] as const;

/** The power of a thousand in which a figure reads best: 1 to 999 in front of the point. */
function scaleOf(value: number): number {
  if (!Number.isFinite(value) || value < 1) return 0;
  const scale = Math.floor(Math.log10(value) / 3);
  // 999,960 would be shown as "1000 k" after rounding to four digits.
  const carried = Number((value / 1000 ** scale).toPrecision(4)) >= 1000 ? scale + 1 : scale;
  return Math.min(carried, SCALES.length - 1);
}

/** Formatters are dear to make: one of each kind is kept. */
const formatters = new Map<string, Intl.NumberFormat>();

function numbers(locale: string | null, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}${JSON.stringify(options)}`;
  let found = formatters.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat(locale ?? undefined, options);
    formatters.set(key, found);
  }
  return found;
}

function fixed(value: number, digits: number, locale: string | null): string {
  return numbers(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value);
}

/** A speed in the unit it reads best in, and its error in the same. */
export interface Speed {
  /** As "312.4". */
  readonly figure: string;
  /** As "2.1"; null where none is known, or the figure is exact. */
  readonly error: string | null;
  /** As "TH/s". */
  readonly unit: string;
}

/**
 * Hashes a second. With an error, the figure ends where the error's second digit does: further digits would be noise.
 * Without, it has three digits.
 */
export function speed(
  hashesPerSecond: number,
  standardError: number | null = null,
  locale: string | null = null,
): Speed {
  const scale = scaleOf(hashesPerSecond);
  const unit = `${SCALES[scale]}H/s`;
  const value = hashesPerSecond / 1000 ** scale;
  const error = standardError === null ? 0 : standardError / 1000 ** scale;
  if (!(error > 0) || !Number.isFinite(error)) {
    return { figure: fixed(value, digitsFor(value, 3), locale), error: null, unit };
  }
  const digits = digitsFor(error, 2);
  return { figure: fixed(value, digits, locale), error: fixed(error, digits, locale), unit };
}

/** {@link speed} in one line: "312.4 TH/s". */
export function speedText(hashesPerSecond: number, locale: string | null = null): string {
  const { figure, unit } = speed(hashesPerSecond, null, locale);
  return `${figure} ${unit}`;
}

/** {@link speedText} for an axis: no digit that is none. */
export function speedTick(hashesPerSecond: number, locale: string | null = null): string {
  const scale = scaleOf(hashesPerSecond);
  const options = { maximumSignificantDigits: 3 };
  return `${numbers(locale, options).format(hashesPerSecond / 1000 ** scale)} ${SCALES[scale]}H/s`;
}

/** {@link amount} for an axis. */
export function amountTick(sats: number, locale: string | null = null): string {
  const options = { maximumSignificantDigits: 3 };
  return sats < Number(BITCOIN_FROM)
    ? `${numbers(locale, options).format(sats)} sats`
    : `${numbers(locale, options).format(sats / Number(SATS_PER_BTC))} BTC`;
}

/** Digits behind the point that give a figure this many digits in all; 3 at most. */
function digitsFor(value: number, significant: number): number {
  if (value === 0) return 0;
  // Rounded first: 0.9999 is shown as 1.00.
  const front = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(significant))))) + 1;
  return Math.min(3, Math.max(0, significant - front));
}

/** A share's or the network's difficulty: "126.4 T". Small ones, as of little devices, keep their digits. */
export function difficulty(value: number, locale: string | null = null): string {
  if (value === 0) return "0";
  const scale = scaleOf(value);
  const scaled = value / 1000 ** scale;
  const options = { maximumSignificantDigits: scale === 0 && scaled < 1 ? 2 : 4 };
  const figure = numbers(locale, options).format(scaled);
  return scale === 0 ? figure : `${figure} ${SCALES[scale]}`;
}

/** A count: "1,234,567". */
export function count(value: number | bigint, locale: string | null = null): string {
  return numbers(locale, { maximumFractionDigits: 0 }).format(value);
}

/** A count and what is counted: "1 worker", "412 workers". */
export function counted(value: number | bigint, one: string, locale: string | null = null): string {
  return `${count(value, locale)} ${one}${Number(value) === 1 ? "" : "s"}`;
}

/** A number with as many digits as say something: "0.83", "14.2", "1,204". */
export function plain(value: number, locale: string | null = null): string {
  return fixed(value, Math.min(2, digitsFor(value, 3)), locale);
}

/** A part of one as percent: "0.31 %", "63 %", "104 %". */
export function percent(part: number, locale: string | null = null): string {
  const style = { style: "percent" } as const;
  const value = Math.abs(part * 100);
  // What is not nothing is not shown as 0 %, and what is not all not as 100 %.
  if (value > 0 && value < 0.005) return `<${percent(0.0001, locale)}`;
  const isNearlyAll = value > 99 && value < 100;
  const digits = isNearlyAll ? 2 : value === 0 || value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return numbers(locale, { ...style, minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(part);
}

/** Hundredths of a percent: "1 %", "0.25 %". */
export function basisPoints(points: number, locale: string | null = null): string {
  return numbers(locale, { style: "percent", maximumFractionDigits: 2 }).format(points / 10_000);
}

const SATS_PER_BTC = 100_000_000n;

/** Satoshis as bitcoin, every digit: "0.00012345". */
export function bitcoin(sats: bigint, locale: string | null = null): string {
  const size = sats < 0n ? -sats : sats;
  const text = `${sats < 0n ? "-" : ""}${size / SATS_PER_BTC}.${
    String(size % SATS_PER_BTC).padStart(8, "0")
  }`;
  // As text: a number would lose satoshis beyond 2^53.
  return numbers(locale, { minimumFractionDigits: 8, maximumFractionDigits: 8 })
    .format(text as Intl.StringNumericLiteral);
}

/** Below this an amount reads better in satoshis: a hundredth of a bitcoin. */
const BITCOIN_FROM = 1_000_000n;

/** An amount in the unit that it reads best in, and the same in the other one. */
export function amount(
  sats: bigint,
  locale: string | null = null,
): { readonly figure: string; readonly unit: string; readonly other: string } {
  const size = sats < 0n ? -sats : sats;
  const inSats = { figure: count(sats, locale), unit: size === 1n ? "sat" : "sats" };
  const inBitcoin = { figure: bitcoin(sats, locale), unit: "BTC" };
  const [shown, other] = size < BITCOIN_FROM ? [inSats, inBitcoin] : [inBitcoin, inSats];
  return { ...shown, other: `${other.figure} ${other.unit}` };
}

/** An address or a hash in the middle of which nobody looks: "bc1qw508…f3t4". */
export function shortened(text: string, front = 8, back = 6): string {
  return text.length <= front + back + 1 ? text : `${text.slice(0, front)}…${text.slice(-back)}`;
}
