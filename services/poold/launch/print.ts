/**
 * `deno task permissions [program]`: what each program may do under the settings in effect, and why; one line for
 * each thing. Flags after a program's name are settings, as when it is started.
 *
 * @module
 */
import { ConfigError, variablesOf } from "@gopool/config";
import { permissionsOf } from "./flags.ts";
import { type Program, programNamed, PROGRAMS } from "./programs.ts";

/** The lines about one program; a mistake in its settings takes their place. */
export function permissionLines(program: Program, from: Parameters<Program["needs"]>[0]): string[] {
  const { name, schema } = program;
  let permissions;
  try {
    permissions = permissionsOf(program.needs(from));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      `${name}: not known, its settings have mistakes`,
      ...error.problems.map((p) => `  ${p}`),
    ];
  }
  const width = Math.max(0, ...permissions.map(({ what }) => what.length));
  const variables = variablesOf(schema).length;
  const never = ["run", "sys", "ffi", "import"]
    .filter((name) => !permissions.some(({ kind }) => kind === name));
  return [
    `${name}:`,
    ...permissions.map(({ kind, what, because }) =>
      `  ${kind.padEnd(5)} ${what.padEnd(width)}  ${because}`
    ),
    `  env   the ${variables} variables of its settings; every other reads as not set`,
    `  never ${never.join(", ")}`,
  ];
}

if (import.meta.main) {
  const [name, ...args] = Deno.args;
  const program = programNamed(name);
  if (name !== undefined && program === undefined) {
    console.error(`There is no program "${name}": ${PROGRAMS.map((one) => one.name).join(", ")}`);
    Deno.exit(2);
  }
  const from = { args, env: (variable: string) => Deno.env.get(variable) };
  const blocks = (program === undefined ? PROGRAMS : [program])
    .map((one) => permissionLines(one, from).join("\n"));
  console.log(blocks.join("\n\n"));
}
