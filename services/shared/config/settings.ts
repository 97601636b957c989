/**
 * A service's settings as a whole: each row by itself, and what several rows say together.
 *
 * @module
 */
import type { Config, Schema } from "./field.ts";
import { ConfigError, readConfig, readSome, type Sources } from "./read.ts";

/** A table and what its rows may contradict. */
export interface Settings<S extends Schema> {
  readonly schema: S;
  /**
   * What the rows that could be read contradict, in sentences that name their variables. `isBad` says whether a
   * variable has been complained of already: that it seems to be missing is no second mistake.
   */
  readonly problems?: (
    found: Partial<Config<S>>,
    isBad: (variable: string) => boolean,
  ) => readonly string[];
}

/**
 * Reads the table and checks it.
 *
 * @throws {ConfigError} With every mistake, of one row and of several.
 * @throws {HelpRequested} `--help` stands among the arguments.
 */
export function readChecked<S extends Schema>(
  service: string,
  { schema, problems = () => [] }: Settings<S>,
  from: Sources,
): Config<S> {
  const found: string[] = [];
  let config: Config<S> | undefined;
  try {
    config = readConfig(service, schema, from);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    found.push(...error.problems);
  }
  const isBad = (variable: string) => found.some((problem) => problem.includes(variable));
  found.push(...problems(readSome(schema, from), isBad));
  if (config === undefined || found.length > 0) throw new ConfigError(service, found);
  return config;
}
