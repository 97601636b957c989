/**
 * Reads a table of settings from flags, environment and files, and reports every mistake at once.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Config, type Field, fileVariableOf, flagOf, type Schema, shown } from "./field.ts";
import { helpText } from "./help.ts";
import { nearest } from "./nearest.ts";

/** Where settings come from. A `Process` of the runtime room fits. */
export interface Sources {
  readonly args: readonly string[];
  readonly env: (name: string) => string | undefined;
  /** All variables there are, where they can be listed: then a misspelt GOPOOL_ variable is reported. */
  readonly envNames?: readonly string[];
  /** Reads the file that a `…_FILE` variable names. Default: Deno.readTextFileSync. */
  readonly readFile?: (path: string) => string;
}

/** Every problem found, one a line: an operator fixes them in one go. */
export class ConfigError extends Error {
  override name = "ConfigError";
  constructor(readonly service: string, readonly problems: readonly string[]) {
    super(`Cannot start ${service}:\n${problems.map((p) => `  ${p}`).join("\n")}`);
  }
}

/** The user asked for help; the message is the help. */
export class HelpRequested extends Error {
  override name = "HelpRequested";
}

/**
 * Reads a schema: flags first, then environment, then `…_FILE`, then fallbacks.
 *
 * @throws {ConfigError} Naming every setting that is missing, malformed or unknown.
 * @throws {HelpRequested} `--help` or `-h` stands among the arguments.
 */
export function readConfig<S extends Schema>(
  service: string,
  schema: S,
  from: Sources,
): Config<S> {
  if (asksForHelp(from.args)) throw new HelpRequested(helpText(service, schema));
  const problems: string[] = [];
  const flags = readFlags(schema, from.args, problems);
  const config: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(schema)) {
    try {
      const found = textOf(row, flags, from);
      config[key] = found === null ? undefined : parsed(row, found);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  problems.push(...misspelt(schema, from.envNames ?? []));
  if (problems.length > 0) throw new ConfigError(service, problems);
  return config as Config<S>;
}

/** Reads what can be read of a few rows and leaves out the rest, without complaint: whoever reads all complains. */
export function readSome<S extends Schema>(schema: S, from: Sources): Partial<Config<S>> {
  const flags = readFlags(schema, from.args, []);
  const config: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(schema)) {
    try {
      const found = textOf(row, flags, from);
      if (found !== null) config[key] = parsed(row, found);
    } catch {
      continue;
    }
  }
  return config as Partial<Config<S>>;
}

/** A setting as it stands, fit to be shown. */
export interface Effective {
  readonly variable: string;
  readonly value: string;
  /** `--bus-url`, `GOPOOL_BUS_URL`, `GOPOOL_BUS_URL_FILE`, or `default`. */
  readonly source: string;
}

/** All settings in effect with secrets hidden; what is absent is left out. For `status` and for the log. */
export function effective(schema: Schema, from: Sources): Effective[] {
  const flags = readFlags(schema, from.args, []);
  return Object.values(schema).flatMap((row) => {
    const found = textOf(row, flags, from);
    if (found === null) return [];
    return [{ variable: row.variable, value: shown(row, found.text), source: found.source }];
  });
}

interface Found {
  readonly text: string;
  readonly source: string;
}

function parsed(row: Field<unknown>, { text, source }: Found): unknown {
  try {
    return row.parse(text);
  } catch (error) {
    throw new Error(`${source}=${shown(row, text)} ${(error as Error).message} (${row.help})`);
  }
}

/** The setting's text and where it was found; null where it is absent and may be. Throws a sentence. */
function textOf(row: Field<unknown>, flags: Map<string, string>, from: Sources): Found | null {
  const { variable } = row;
  const flag = flagOf(row);
  const given = flags.get(flag);
  if (given !== undefined) {
    if (row.secret || (row.credentials && /:\/\/[^/?#]*@/.test(given))) {
      throw new Error(
        `--${flag} would show a password to everybody on this machine: set ${variable} or ${variable}_FILE`,
      );
    }
    return { text: given, source: `--${flag}` };
  }
  const file = fileVariableOf(row);
  const named = file === null ? undefined : present(from.env(file));
  const text = present(from.env(variable));
  if (text !== undefined) {
    if (named !== undefined) throw new Error(`${variable} and ${file} are both set: which one?`);
    return { text, source: variable };
  }
  if (named !== undefined) return { text: contents(named, file!, from), source: file! };
  if (row.fallback !== undefined) return { text: row.fallback, source: "default" };
  if (row.optional) return null;
  const either = row.secret ? `${variable} or ${file}` : `${variable} or --${flag}`;
  throw new Error(`${either} is required (${row.help})`);
}

/** An empty variable is how compose files and shells say "not set". */
function present(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function contents(path: string, variable: string, from: Sources): string {
  const read = from.readFile ?? Deno.readTextFileSync;
  try {
    // Editors and `echo` end a file with a line feed that is no part of the secret.
    return read(path).replace(/\r?\n$/, "");
  } catch (error) {
    throw new Error(
      `${variable}=${JSON.stringify(path)} cannot be read: ${(error as Error).message}`,
    );
  }
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}

/** Flags by name without dashes; what is wrong with them goes to `problems`. */
function readFlags(
  schema: Schema,
  args: readonly string[],
  problems: string[],
): Map<string, string> {
  const rows = new Map(Object.values(schema).map((row) => [flagOf(row), row]));
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      [...rows].map(([name, row]) => [name, { type: row.onOff ? "boolean" : "string" } as const]),
    ),
  });
  const flags = new Map<string, string>();
  /** Index of an argument that is, most likely, the value of the unknown flag before it. */
  let strayValue = -1;
  for (const token of tokens) {
    if (token.kind === "positional" && token.index !== strayValue) {
      problems.push(`${JSON.stringify(token.value)}: no flag stands before it`);
    }
    if (token.kind !== "option") continue;
    const row = rows.get(token.name);
    const off = token.name.startsWith("no-") ? rows.get(token.name.slice(3)) : undefined;
    if (row === undefined && off?.onOff) {
      flags.set(flagOf(off), "off");
    } else if (row === undefined) {
      if (!token.inlineValue) strayValue = token.index + 1;
      problems.push(
        `${token.rawName}: no such setting${meant(token.name, [...rows.keys()], "--")}`,
      );
    } else if (token.value !== undefined) flags.set(token.name, token.value);
    else if (row.onOff) flags.set(token.name, "on");
    else problems.push(`${token.rawName} needs a value (${row.help})`);
  }
  return flags;
}

/** GOPOOL_ variables that are no setting of this service but nearly one. Others may be another service's. */
function misspelt(schema: Schema, names: readonly string[]): string[] {
  const known = new Set(
    Object.values(schema).flatMap((row) => [row.variable, `${row.variable}_FILE`]),
  );
  return names.filter((name) => name.startsWith("GOPOOL_") && !known.has(name)).flatMap((name) => {
    const hint = meant(name, [...known], "");
    return hint === "" ? [] : [`${name}: no such setting${hint}`];
  });
}

function meant(name: string, known: readonly string[], before: string): string {
  const best = nearest(name, known);
  return best === null ? "" : `; did you mean ${before}${best}?`;
}
