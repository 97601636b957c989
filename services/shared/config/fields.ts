/**
 * Makers of rows: each takes the variable, a few words of help, and its bounds.
 *
 * @module
 */
import { type Common, type Field, field } from "./field.ts";

/** Whole number within bounds, both inclusive. Underscores may group digits. */
export function integer(
  variable: string,
  help: string,
  o: Omit<Common, "fallback"> & { min: number; max: number; fallback?: number },
): Field<number> {
  return field({
    ...row(variable, help, "NUMBER", o),
    parse(text) {
      const n = /^-?\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
      if (!Number.isSafeInteger(n) || n < o.min || n > o.max) {
        throw new RangeError(`must be a whole number from ${o.min} to ${o.max}`);
      }
      return n;
    },
  });
}

/** Number within bounds, both inclusive. */
export function number(
  variable: string,
  help: string,
  o: Omit<Common, "fallback"> & { min: number; max: number; fallback?: number },
): Field<number> {
  return field({
    ...row(variable, help, "NUMBER", o),
    parse(text) {
      const n = text.trim() === "" ? NaN : Number(text);
      if (!(n >= o.min && n <= o.max)) {
        throw new RangeError(`must be a number from ${o.min} to ${o.max}`);
      }
      return n;
    },
  });
}

/** Text that is not empty; `pattern` and its `must` narrow it ("must be letters and digits"). */
export function text(
  variable: string,
  help: string,
  o: Common & { takes?: string; maxLength?: number; pattern?: RegExp; must?: string } = {},
): Field<string> {
  const { maxLength = 1_000 } = o;
  return field({
    ...row(variable, help, o.takes ?? "TEXT", o),
    parse(value) {
      if (value.trim() === "") throw new SyntaxError("must not be empty");
      if (value.length > maxLength) {
        throw new RangeError(`must have at most ${maxLength} characters`);
      }
      if (o.pattern !== undefined && !o.pattern.test(value)) {
        throw new SyntaxError(`must be ${o.must ?? `of the form ${o.pattern.source}`}`);
      }
      return value;
    },
  });
}

/** A file or folder. Not looked at here. */
export function path(variable: string, help: string, o: Common = {}): Field<string> {
  return text(variable, help, { takes: "PATH", ...o });
}

/** Anything a service wants to check itself; `parse` throws a sentence that begins with "must". */
export function custom<T>(
  variable: string,
  help: string,
  o: Common & { takes: string; parse: (text: string) => T },
): Field<T> {
  return field({ ...row(variable, help, o.takes, o), parse: o.parse });
}

/** One of a few words. */
export function choice<const W extends readonly string[]>(
  variable: string,
  help: string,
  o: Common & { of: W; fallback?: W[number] },
): Field<W[number]> {
  return field({
    ...row(variable, help, o.of.join("|"), o),
    parse(value) {
      if (!o.of.includes(value)) throw new RangeError(`must be ${o.of.join(" or ")}`);
      return value as W[number];
    },
  });
}

const ON = ["true", "on", "yes", "1"];
const OFF = ["false", "off", "no", "0"];

/** On or off; the flag alone means on, `--no-…` off. */
export function flag(
  variable: string,
  help: string,
  o: { fallback?: boolean } = {},
): Field<boolean> {
  return field({
    ...row(variable, help, "on|off", { fallback: (o.fallback ?? false) ? "on" : "off" }),
    onOff: true,
    parse(value) {
      const word = value.toLowerCase();
      if (ON.includes(word)) return true;
      if (OFF.includes(word)) return false;
      throw new SyntaxError("must be on or off");
    },
  });
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span with its unit (`250ms`, `30s`, `10m`, `24h`, `7d`); gives milliseconds. Bounds in milliseconds. */
export function duration(
  variable: string,
  help: string,
  o: Common & { minMs: number; maxMs: number },
): Field<number> {
  return field({
    ...row(variable, help, "TIME", o),
    parse(value) {
      const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value);
      if (parts === null) throw new SyntaxError("must be a time with its unit, such as 30s or 10m");
      const ms = Number(parts[1]) * UNIT_MS[parts[2]!]!;
      if (!(ms >= o.minMs && ms <= o.maxMs)) {
        throw new RangeError(`must be from ${spanText(o.minMs)} to ${spanText(o.maxMs)}`);
      }
      return ms;
    },
  });
}

/** The shortest way to write a span: 90_000 → `90s`, 600_000 → `10m`. */
export function spanText(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms > 0 && ms % UNIT_MS[unit]! === 0) return `${ms / UNIT_MS[unit]!}${unit}`;
  }
  return `${ms}ms`;
}

/** What a row has whatever it reads. */
export function row(
  variable: string,
  help: string,
  takes: string,
  o: { readonly fallback?: string | number | undefined; readonly secret?: boolean | undefined },
): Omit<Field<never>, "parse"> {
  return {
    variable,
    help,
    takes,
    ...(o.fallback === undefined ? {} : { fallback: String(o.fallback) }),
    ...(o.secret ? { secret: true } : {}),
  };
}
