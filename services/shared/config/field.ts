/**
 * A setting as a row of a table. One row gives the flag, the environment variable, the help line and the
 * check; a service's schema is its table.
 *
 * @module
 */
import type { Need } from "./needs.ts";

/** How one setting is read: text in, value out, or a thrown sentence that says what is wrong with it. */
export interface Field<T> {
  /** `GOPOOL_BUS_URL`. The flag is made of it: `--bus-url`. */
  readonly variable: string;
  /** What it is, in a few words that also read well in brackets after a mistake. */
  readonly help: string;
  /** What stands for the value in the help: `URL`, `NUMBER`, `json|text`. */
  readonly takes: string;
  /** Throws an Error whose message goes on after `--bus-url="…" `: "must be …". */
  readonly parse: (text: string) => T;
  /** Used when neither flag nor environment has it. */
  readonly fallback?: string;
  /** May be left out: the value is then undefined. Without this and without a fallback it is required. */
  readonly optional?: boolean;
  /** Secrets come from the environment or a file (`…_FILE`) only and are never printed. */
  readonly secret?: boolean;
  /** A URL that may carry `user:password@`: printed without them, and never taken from a flag with them. */
  readonly credentials?: boolean;
  /** On or off: the flag needs no value. */
  readonly onOff?: boolean;
  /** What a process needs of the machine because of this value. Absent: nothing. (A method: rows of all types fit.) */
  needs?(this: void, value: T): readonly Need[];
}

export type Schema = Record<string, Field<unknown>>;

export type Config<S extends Schema> = {
  readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never;
};

/** What every maker of fields takes beside its own bounds. */
export interface Common {
  readonly fallback?: string;
  readonly secret?: boolean;
}

const PREFIX = "GOPOOL_";

/** `GOPOOL_BUS_URL` → `bus-url`: the flag without its dashes. */
export function flagOf(field: Pick<Field<unknown>, "variable">): string {
  return field.variable.slice(PREFIX.length).toLowerCase().replaceAll("_", "-");
}

/** Whether a file may hold the value: `GOPOOL_X_FILE` names it. For secrets and for URLs that carry them. */
export function fileVariableOf(field: Field<unknown>): string | null {
  return field.secret || field.credentials ? `${field.variable}_FILE` : null;
}

/** Every variable that the schema may read: what a permission set has to name. */
export function variablesOf(schema: Schema): string[] {
  return Object.values(schema).flatMap((field) => {
    const file = fileVariableOf(field);
    return file === null ? [field.variable] : [field.variable, file];
  });
}

/** The row, with the setting's absence allowed. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  const { needs, ...row } = field;
  return {
    ...row,
    optional: true,
    ...(needs === undefined
      ? {}
      : { needs: (value: T | undefined) => value === undefined ? [] : needs(value) }),
  };
}

/** A row from its parts; checks what every row must be. */
export function field<T>(row: Field<T>): Field<T> {
  if (!/^GOPOOL_[A-Z0-9]+(_[A-Z0-9]+)*$/.test(row.variable)) {
    throw new TypeError(`Cannot name a setting "${row.variable}": GOPOOL_ and capitals`);
  }
  return row;
}

/** The value as it may be shown. */
export function shown(field: Field<unknown>, text: string): string {
  if (field.secret) return "(secret)";
  if (!field.credentials) return JSON.stringify(text);
  // Malformed too, so not by the rules of URLs: whatever stands before an "@" may be a password.
  const safe = text.split(/,(?=\s*[a-z+]+:\/\/)/).map((part) =>
    part.replace(/^([a-z+]*:\/\/)?.*@/, "$1***@")
  );
  return JSON.stringify(safe.join(","));
}
