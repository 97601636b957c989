/**
 * Times and spans in words. Pure: now and the locale come in.
 *
 * @module
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365.25 * DAY;

const UNITS = [
  ["year", YEAR, "y"],
  ["day", DAY, "d"],
  ["hour", HOUR, "h"],
  ["minute", MINUTE, "min"],
  ["second", SECOND, "s"],
] as const;

/** The moment of an RFC 3339 text; null where there is none. */
export function moment(text: string | undefined): Date | null {
  if (text === undefined || text === "") return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** "3 minutes ago", "in 2 days"; "now" within a second and a half. */
export function relative(atMs: number, nowMs: number, locale: string | null = null): string {
  const differenceMs = atMs - nowMs;
  const words = new Intl.RelativeTimeFormat(locale ?? undefined, { numeric: "always" });
  if (Math.abs(differenceMs) < 1.5 * SECOND) {
    return new Intl.RelativeTimeFormat(locale ?? undefined, { numeric: "auto" }).format(
      0,
      "second",
    );
  }
  for (const [unit, sizeMs] of UNITS) {
    if (Math.abs(differenceMs) >= sizeMs || unit === "second") {
      return words.format(Math.trunc(differenceMs / sizeMs), unit);
    }
  }
  return "";
}

/** The whole of it, for whoever points at it: with seconds and the zone. */
export function exact(at: Date, locale: string | null = null): string {
  return new Intl.DateTimeFormat(locale ?? undefined, {
    dateStyle: "medium",
    timeStyle: "long",
  }).format(at);
}

/** Clock or date, as a chart's or a table's step needs it. */
export function stepText(at: Date, stepSeconds: number, locale: string | null = null): string {
  const options: Intl.DateTimeFormatOptions = stepSeconds >= 86_400
    ? { dateStyle: "medium", timeZone: "UTC" }
    : stepSeconds >= 3600
    ? { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }
    : { hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(locale ?? undefined, options).format(at);
}

/** A day of UTC, as "2026-11-23", in the reader's words. */
export function dayText(day: string, locale: string | null = null): string {
  const at = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return day;
  return new Intl.DateTimeFormat(locale ?? undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  }).format(at);
}

/** Days of UTC up to today, the oldest first, as "2026-11-23". */
export function lastDays(many: number, nowMs: number): string[] {
  return Array.from(
    { length: many },
    (_, at) => new Date(nowMs - (many - 1 - at) * DAY).toISOString().slice(0, 10),
  );
}

/** A span in its two largest units: "4 h 12 min", "3 d 2 h", "48 s"; years to one digit, as "1,204 y". */
export function span(seconds: number, locale: string | null = null): string {
  if (!Number.isFinite(seconds)) return "never";
  const number = new Intl.NumberFormat(locale ?? undefined, { maximumFractionDigits: 0 });
  if (seconds < 1) {
    const digits = new Intl.NumberFormat(locale ?? undefined, { maximumFractionDigits: 1 });
    return `${digits.format(seconds)} s`;
  }
  const wholeMs = Math.round(seconds) * SECOND;
  const at = UNITS.findIndex(([, sizeMs]) => wholeMs >= sizeMs);
  const [, sizeMs, short] = UNITS[at]!;
  const first = Math.floor(wholeMs / sizeMs);
  const next = UNITS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((wholeMs - first * sizeMs) / next[1]);
  // Beside ten years or ten days the smaller unit says nothing.
  if (next === undefined || rest === 0 || (first >= 10 && at < 2)) {
    return `${number.format(first)} ${short}`;
  }
  return `${number.format(first)} ${short} ${number.format(rest)} ${next[2]}`;
}
