/**
 * deploy/env.example, out of the table of settings. Run it after the table has changed:
 *
 *     deno run --allow-write=deploy services/poold/env_example.ts
 *
 * @module
 */
import { type Field, fileVariableOf } from "@gopool/config";
import { schema } from "./config.ts";

const HEAD =
  `# GoPool's settings with their defaults. Copy this file, take the # from what you change, and load it
# with your shell, systemd or compose. Made from the table of settings: \`deno task start --help\`
# prints the same.
`;

/** The whole file. */
export function envExample(): string {
  return [HEAD, ...Object.values(schema).map(entry)].join("\n");
}

function entry(row: Field<unknown>): string {
  const file = fileVariableOf(row);
  const also = file === null ? "" : ` A file may hold it: ${file} names the file.`;
  const absent = row.fallback !== undefined ? "" : " Not set by default.";
  return `# ${row.help}: ${row.takes}.${absent}${also}\n#${row.variable}=${row.fallback ?? ""}\n`;
}

if (import.meta.main) Deno.writeTextFileSync("deploy/env.example", envExample());
