/**
 * The settings in effect as they may be shown, each with where it came from.
 *
 * @module
 */
import { effective, type Schema, type Sources } from "@gopool/config";

export type SettingSource = "default" | "flag" | "environment" | "file" | "absent";

export interface SettingView {
  readonly variable: string;
  /** As written, without user and password, or "(secret)"; "" where it is absent. */
  readonly value: string;
  readonly source: SettingSource;
  /** Flag or variable that it was read from; "" for defaults and what is absent. */
  readonly from: string;
  readonly help: string;
}

/** Every row of the table, in its order. The sources are read now: a file may hold something else later. */
export function settingsView(schema: Schema, sources: Sources): SettingView[] {
  const found = new Map(effective(schema, sources).map((one) => [one.variable, one]));
  return Object.values(schema).map(({ variable, help, secret }) => {
    const one = found.get(variable);
    if (one === undefined) return { variable, value: "", source: "absent", from: "", help };
    const source = sourceOf(one.source, variable);
    return {
      variable,
      value: secret ? one.value : unquoted(one.value),
      source,
      from: source === "default" ? "" : one.source,
      help,
    };
  });
}

function sourceOf(source: string, variable: string): SettingSource {
  if (source === "default") return "default";
  if (source.startsWith("--")) return "flag";
  return source === variable ? "environment" : "file";
}

/** The sentences of mistakes quote what was written; a table does not. */
function unquoted(shown: string): string {
  return shown.startsWith('"') ? JSON.parse(shown) : shown;
}
