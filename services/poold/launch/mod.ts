/**
 * The flags under which a program is started, for the launcher and for whoever starts one in its place.
 *
 * @module
 */
import { type Sources, variablesOf } from "@gopool/config";
import { type PooldConfig, schema as pooldSchema } from "../config.ts";
import { envFlags, flagsOf, permissionsOf } from "./flags.ts";
import { type Env, pooldNeeds } from "./needs.ts";
import { type Program, programNamed, PROGRAMS } from "./programs.ts";

/**
 * The arguments of Deno that start a program with the settings in effect: flags, then its file. Its own arguments
 * follow.
 *
 * @throws {ConfigError} @throws {HelpRequested}
 */
export function runArguments(program: Program, from: Sources): string[] {
  return [
    // Code from elsewhere is none of it: some hosts may otherwise be imported from whatever the set says.
    ...["run", "--quiet", "--no-prompt", "--no-remote", `-P=${program.name}`],
    ...envFlags(program.schema),
    ...flagsOf(permissionsOf(program.needs(from))),
    program.main,
  ];
}

/**
 * Leaves out variables that are settings of some program: one file of settings may serve all, and what is another's
 * is not misspelt.
 */
export function notAnothers(envNames: readonly string[]): string[] {
  const known = new Set(PROGRAMS.flatMap(({ schema }) => variablesOf(schema)));
  return envNames.filter((name) => !known.has(name));
}

/** {@link runArguments} of a program by its name. */
export function runArgumentsOf(name: string, from: Sources): string[] {
  const program = programNamed(name);
  if (program === undefined) throw new RangeError(`There is no program "${name}"`);
  return runArguments(program, from);
}

/** The flags of the whole pool in one process, for a main file of another's. */
export function permissionFlags(config: PooldConfig, env: Env): string[] {
  return [...envFlags(pooldSchema), ...flagsOf(permissionsOf(pooldNeeds(config, env)))];
}
