/**
 * What goes wrong while a service reads its topics, put where people see it.
 *
 * @module
 */
import type { Logger } from "./log.ts";
import type { StatusBoard } from "./status.ts";

/** The shape of the bus's ConsumeTrouble: runtime knows no other room. */
export interface ReadTrouble {
  readonly kind: "handler-threw" | "bus-away" | "fault" | "recovered";
  readonly topic: string;
  readonly group: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly error?: Error;
}

/**
 * Writes each trouble to the board and the log, and clears it when the reader has recovered. All of them are "down":
 * what does not read on does not work.
 */
export function troubleOnBoard(
  board: StatusBoard,
  log: Logger,
): (trouble: ReadTrouble) => void {
  return ({ kind, topic, group, partition, offset, error }) => {
    const where = partition === undefined ? topic : `${topic}/${partition}`;
    const part = `${group} on ${where}`;
    if (kind === "recovered") {
      board.clear(part);
      log.info("reading goes on", { topic, group, partition, offset });
      return;
    }
    const words = error?.message ?? "no reason given";
    const at = offset === undefined ? "" : ` at offset ${offset}`;
    const detail = {
      "handler-threw": `Repeats a batch${at}: ${words}`,
      "bus-away": `Cannot read: ${words}`,
      "fault": `Stopped${at}: ${words}`,
    }[kind];
    board.set(part, "down", detail);
    log[kind === "fault" ? "error" : "warn"](detail, { topic, group, partition, offset, error });
  };
}
