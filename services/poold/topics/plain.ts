/**
 * A message as plain values, by its description: what people and scripts read.
 *
 * @module
 */
import { toHex } from "@gopool/chain";
import type { DescMessage } from "@gopool/proto";

type DescField = DescMessage["fields"][number];

/**
 * Bytes become hex (at most `hexMax` digits of them), 64-bit numbers decimal text, enumerations their names. Fields
 * that say nothing are left out, as in proto3's JSON.
 */
export function plain(
  description: DescMessage,
  message: unknown,
  hexMax: number,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const field of description.fields) {
    const value = valueOf(field, message as Record<string, unknown>);
    if (value === undefined || (field.presence === IMPLICIT && isEmpty(value))) continue;
    fields[field.localName] = Array.isArray(value)
      ? value.map((one) => plainValue(field, one, hexMax))
      : plainValue(field, value, hexMax);
  }
  return fields;
}

/** FeatureSet.FieldPresence: a field whose zero is the same as its absence; lists are such, too. */
const IMPLICIT = 2;

function valueOf({ oneof, localName }: DescField, message: Record<string, unknown>): unknown {
  if (oneof === undefined) return message[localName];
  const chosen = message[oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}

function plainValue(field: DescField, value: unknown, hexMax: number): unknown {
  if (field.message !== undefined) return plain(field.message, value, hexMax);
  if (field.enum !== undefined) return field.enum.value[value as number]?.name ?? value;
  if (value instanceof Uint8Array) return hex(value, hexMax);
  return typeof value === "bigint" ? String(value) : value;
}

function hex(bytes: Uint8Array, digitsMax: number): string {
  if (bytes.length * 2 <= digitsMax) return toHex(bytes);
  return `${toHex(bytes.subarray(0, digitsMax / 2))}… (${bytes.length} bytes)`;
}

function isEmpty(value: unknown): boolean {
  return value === "" || value === 0 || value === 0n || value === false ||
    ((value instanceof Uint8Array || Array.isArray(value)) && value.length === 0);
}
