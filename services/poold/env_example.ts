/**
 * deploy/env.example, out of the tables of settings. Run it after one of them has changed:
 *
 *     deno run --allow-write=deploy --ignore-env services/poold/env_example.ts
 *
 * @module
 */
import { type Field, fileVariableOf } from "@gopool/config";
import { schema } from "./config.ts";
import { PROGRAMS } from "./launch/programs.ts";

const HEAD =
  `# GoPool's settings with their defaults, as \`deno task start\` has them; where a service that is a process of
# its own differs, its name says so. Copy this file, take the # from what you change, and load it with your
# shell, systemd or compose. One file can serve all processes, but each gateway needs a name of its own. Made
# from the tables of settings: \`--help\` after a task prints the same.
`;

/** The whole file. */
export function envExample(): string {
  return [HEAD, ...Object.values(schema).map(entry)].join("\n");
}

function entry(row: Field<unknown>): string {
  const file = fileVariableOf(row);
  const also = file === null ? "" : ` A file may hold it: ${file} names the file.`;
  const absent = row.fallback !== undefined ? "" : " Not set by default.";
  return `# ${row.help}: ${row.takes}.${absent}${elsewhere(row)}${also}\n#${row.variable}=${
    row.fallback ?? ""
  }\n`;
}

/** What the same variable is to services that have another default for it, or none. */
function elsewhere({ variable, fallback, optional }: Field<unknown>): string {
  const isHere = (row: Field<unknown>) =>
    row.fallback === fallback && Boolean(row.optional) === Boolean(optional);
  const rows = PROGRAMS.flatMap(({ name, schema }) =>
    Object.values(schema).filter((row) => row.variable === variable && !isHere(row))
      .map((row) => ({ name, row }))
  );
  const required = rows.filter(({ row }) => row.fallback === undefined && !row.optional);
  const others = rows.filter(({ row }) => row.fallback !== undefined);
  return [
    ...(required.length === 0
      ? []
      : [` Required by ${required.map(({ name }) => name).join(", ")}.`]),
    ...others.map(({ name, row }) => ` In ${name}: ${row.fallback}.`),
  ].join("");
}

if (import.meta.main) Deno.writeTextFileSync("deploy/env.example", envExample());
