/**
 * Which prefixes are a gateway's, written down for its next process: its miners then keep their work.
 *
 * @module
 */
import { type Gateway, quarantineMs } from "./held_prefix.ts";
import { readRecord, toRecord } from "./json.ts";

/** Two bytes. */
export const PREFIX_COUNT = 0x1_0000;

/** What the gateway's last process wrote down; nothing where that has ended or cannot be read. */
export async function ownPrefixes(gateway: Gateway): Promise<number[]> {
  return await readRecord(gateway.state, keyOf(gateway), isPrefixList) ?? [];
}

/** Kept for as long as the prefixes themselves are. */
export function rememberPrefixes(gateway: Gateway, prefixes: readonly number[]): Promise<void> {
  return gateway.state.set(keyOf(gateway), toRecord(prefixes), quarantineMs(gateway));
}

function keyOf({ id }: Gateway): string {
  return `gateway-prefixes:${id}`;
}

function isPrefixList(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((n) => Number.isInteger(n) && n >= 0 && n < PREFIX_COUNT);
}
