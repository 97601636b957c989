import { type Field, fileVariableOf, flagOf, type Schema } from "./field.ts";

/** Columns of a usual terminal: help wraps before it. */
const WIDTH = 100;

/** The table of settings for a person: flag, variable, default, meaning. */
export function helpText(service: string, schema: Schema): string {
  const rows = Object.values(schema);
  const flags = rows.map(flagColumn);
  const left = Math.max(...flags.map((f) => f.length), "--help".length) + 2;
  const lines = rows.flatMap((row, i) => {
    const text = `${row.help} ${notes(row)}`;
    return wrap(text, Math.max(40, WIDTH - left - 2)).map((line, n) =>
      `  ${(n === 0 ? flags[i]! : "").padEnd(left)}${line}`.trimEnd()
    );
  });
  return [
    `Usage: ${service} [settings]`,
    "",
    "Each setting is a flag or an environment variable; the flag wins.",
    "",
    ...lines,
    `  ${"--help".padEnd(left)}this text`,
  ].join("\n");
}

function flagColumn(row: Field<unknown>): string {
  // A secret has no flag that could be used.
  if (row.secret) return `${row.variable}=${row.takes}`;
  return row.onOff ? `--[no-]${flagOf(row)}` : `--${flagOf(row)} ${row.takes}`;
}

function notes(row: Field<unknown>): string {
  const file = fileVariableOf(row);
  const names = [row.secret ? [] : [row.variable], file === null ? [] : [file]].flat().join(", ");
  const absent = row.fallback !== undefined
    ? `default ${row.fallback}`
    : row.optional
    ? "optional"
    : "required";
  return `[${names === "" ? absent : `${names}; ${absent}`}]`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
