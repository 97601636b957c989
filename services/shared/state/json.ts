import type { State } from "./port.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The record as it stands in the store: JSON in UTF-8, readable with any client. */
export function toRecord(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** What a record holds; null where it is absent, no JSON, or not of the shape asked for. */
export function fromRecord<T>(
  bytes: Uint8Array | null,
  is: (value: unknown) => value is T,
): T | null {
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return is(value) ? value : null;
  } catch {
    return null;
  }
}

/** An object with these members, whatever they are. */
export function hasMembers<K extends string>(
  value: unknown,
  ...names: K[]
): value is Record<K, unknown> {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}

/** Reads and decodes one record. Throws what the store throws. */
export async function readRecord<T>(
  state: State,
  key: string,
  is: (value: unknown) => value is T,
): Promise<T | null> {
  return fromRecord(await state.get(key), is);
}
