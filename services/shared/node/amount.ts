/**
 * Amounts as nodes write them: bitcoins with a decimal point, which a double need not hold. They are read from their
 * own text and never become a number on the way.
 *
 * Bitcoin Core writes exactly eight decimals. btcd writes the shortest decimal that its double is the nearest to, with
 * an exponent below a millionth. That is the amount itself: two neighbouring amounts are 1e-8 apart and doubles below
 * 21 million at most 2^-28 < 4e-9, so half the gap between two doubles is less than 2e-9 and no decimal with up to
 * eight places but the amount's own lies as near to it.
 *
 * @module
 */
import { MAX_SUPPLY_SATS, type Sats } from "@gopool/chain";

/** JSON's number (RFC 8259, section 6) without a minus sign: nothing here can be owed. */
const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,2}))?$/;
/** Longer than any amount of 21 million bitcoins in any of these forms. */
const TEXT_MAX = 40;
/** One bitcoin is 10^8 satoshis. */
const PLACES = 8;

/** The satoshis that a decimal number of bitcoins is, exactly; null where it is no such amount. */
export function satsOfDecimal(text: string): Sats | null {
  if (text.length > TEXT_MAX) return null;
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, whole, fraction = "", exponent = "0"] = match;
  const shift = PLACES - fraction.length + Number(exponent);
  const digits = BigInt(whole! + fraction);
  const scale = 10n ** BigInt(Math.abs(shift));
  // A part of a satoshi is refused, not rounded away.
  if (shift < 0 && digits % scale !== 0n) return null;
  const sats = shift < 0 ? digits / scale : digits * scale;
  return sats <= MAX_SUPPLY_SATS ? sats as Sats : null;
}
