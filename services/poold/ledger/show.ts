/** What the tool prints: tables for people, one JSON object a line for programs. @module */
import { displayHash, type Hash, toHex } from "@gopool/chain";

export type Print = (line: string) => void;

export type Cells = Readonly<Record<string, unknown>>;

/**
 * Prints rows as a table with their keys as heads, or as JSON. Amounts are whole satoshi; in JSON they are text, like
 * every number that may be beyond 2^53.
 */
export function show(rows: readonly Cells[], json: boolean, print: Print): void {
  if (json) {
    for (const row of rows) print(JSON.stringify(plain(row)));
    return;
  }
  if (rows.length === 0) return print("none");
  const heads = Object.keys(rows[0]!);
  const cells = rows.map((row) => heads.map((head) => cell(row[head])));
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...cells.map((row) => row[i]!.length))
  );
  const isNumber = heads.map((_, i) =>
    rows.every((row) => /^(-?\d+(\.\d+)?|-)$/.test(cell(row[heads[i]!])))
  );
  for (const row of [heads, ...cells]) {
    print(
      row.map((text, i) => isNumber[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))
        .join("  ").trimEnd(),
    );
  }
}

/** One thing: a line for each of its facts; in JSON one object. */
export function showOne(facts: Cells, json: boolean, print: Print): void {
  if (json) return print(JSON.stringify(plain(facts)));
  const width = Math.max(...Object.keys(facts).map((key) => key.length));
  for (const [key, value] of Object.entries(facts)) print(`${key.padEnd(width)}  ${cell(value)}`);
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cell).join("; ");
  if (typeof value === "object") return JSON.stringify(plain(value));
  return String(value);
}

/** As JSON takes it. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  }
  return value;
}

/** Log times as people read them. */
export function time(ms: bigint | number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(Number(ms)).toISOString();
}

export function hash(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : displayHash(bytes as Hash);
}
