/**
 * How an empty ledger begins: by itself where share.valid is there from its first valid share on, by an operator's word
 * otherwise.
 *
 * @module
 */
import { type Bus, shareValid } from "@gopool/bus";
import { type Books, ShareReader } from "./share.ts";

/** What the beginning of share.valid says. */
export type Head =
  /** Nothing was ever written: which log it will be, nobody knows yet. */
  | { readonly kind: "empty" }
  /** Every partition is there from its first valid share on, all of one log. */
  | { readonly kind: "whole"; readonly logId: string; readonly earliest: readonly number[] }
  /** Why the books cannot begin by themselves. */
  | { readonly kind: "cut"; readonly problem: string };

/** Looks at the first record of each partition that can be read. */
export async function headOf(bus: Bus, books: Books, signal: AbortSignal): Promise<Head> {
  const reader = new ShareReader(books);
  const ends = await bus.ends(shareValid);
  let logId: string | undefined;
  for (const { partition, earliest, next } of ends) {
    const link = await firstLink(bus, reader, partition, earliest, signal);
    if (link === undefined) {
      if (earliest === 0) continue;
      return cut(`what share.valid/${partition} held before offset ${next} is gone`);
    }
    if (link.previousValidOffset !== -1) {
      return cut(
        `share.valid/${partition} begins after the valid share at offset ${link.previousValidOffset} of ` +
          "share.submissions",
      );
    }
    if (logId !== undefined && logId !== link.logId) {
      return cut(`share.valid begins with logs "${logId}" and "${link.logId}"`);
    }
    logId = link.logId;
  }
  return logId === undefined
    ? { kind: "empty" }
    : { kind: "whole", logId, earliest: ends.map(({ earliest }) => earliest) };
}

function cut(problem: string): Head {
  return { kind: "cut", problem };
}

/** The first record that says what came before it. */
async function firstLink(
  bus: Bus,
  reader: ShareReader,
  partition: number,
  from: number,
  signal: AbortSignal,
) {
  for await (const { messages } of bus.read(shareValid, partition, from)) {
    signal.throwIfAborted();
    for (const message of messages) {
      const read = reader.read(message, partition);
      if (read.kind !== "unreadable") return read.link;
    }
  }
  return undefined;
}
