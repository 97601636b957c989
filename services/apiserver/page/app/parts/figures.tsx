/**
 * Figures in a line of text: speeds, amounts, times, addresses.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import { nowMs } from "../clock.ts";
import { amount, double, type JsonDouble, shortened, speed, whole } from "../format.ts";
import { exact, moment, relative } from "../times.ts";
import { minerPath } from "../route.ts";

/** A speed with its error, as "312.4 ± 2.1 TH/s". */
export function Speed({ value, error }: { value: JsonDouble; error?: JsonDouble }) {
  const shown = speed(double(value), error === undefined ? null : double(error));
  return (
    <span class="figure">
      {shown.figure}
      {shown.error !== null && (
        <span class="error" title="One standard error: two thirds of all figures lie within it">
          {" ± "}
          {shown.error}
        </span>
      )}
      <span class="unit">{` ${shown.unit}`}</span>
    </span>
  );
}

/** Money, in the unit it reads best in; the other one where it is pointed at. */
export function Sats({ value }: { value: string | bigint | undefined }) {
  const { figure, unit, other } = amount(typeof value === "bigint" ? value : whole(value));
  return (
    <span class="figure" title={other}>
      {figure}
      <span class="unit">{` ${unit}`}</span>
    </span>
  );
}

/** How long ago, and exactly when where it is pointed at. */
export function Ago({ at, none = "never" }: { at: string | undefined; none?: string }) {
  const date = moment(at);
  if (date === null) return <span class="muted">{none}</span>;
  return (
    <time dateTime={date.toISOString()} title={exact(date)}>
      {relative(date.getTime(), nowMs.value)}
    </time>
  );
}

/** A miner, by address, with a way to its page where the address is whole. */
export function Miner({ address }: { address: string | undefined }) {
  if (!address) return <span class="muted">not shown</span>;
  if (!/^[A-Za-z0-9]+$/.test(address)) return <span class="code">{address}</span>;
  return <a class="code" href={minerPath(address)} title={address}>{shortened(address)}</a>;
}

/** A hash, shortened; whole where it is pointed at, and in the clipboard by a button. */
export function Hash({ value, front = 8, back = 8 }: {
  value: string | undefined;
  front?: number;
  back?: number;
}) {
  if (!value) return <span class="muted">–</span>;
  return (
    <span class="copied">
      <span class="code" title={value}>{shortened(value, front, back)}</span>
      <Copy text={value} what="hash" />
    </span>
  );
}

/** Puts a text into the clipboard. Not there where the browser has no clipboard, as without TLS. */
export function Copy({ text, what }: { text: string; what: string }) {
  const done = useSignal(false);
  if (!globalThis.navigator?.clipboard) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      done.value = true;
      setTimeout(() => done.value = false, 2000);
    } catch {
      // The visitor did not let us: the text can still be selected.
    }
  };
  return (
    <button type="button" class="copy" onClick={copy} title={`Copy the ${what}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true" class="glyph">
        {done.value
          ? <path d="m3 8.500 3.200 3.200L13 4.800" />
          : <path d="M5.500 5.500v-3h8v8h-3m-8-5h8v8h-8z" />}
      </svg>
      <span class="unseen" aria-live="polite">{done.value ? "Copied" : `Copy the ${what}`}</span>
    </button>
  );
}
