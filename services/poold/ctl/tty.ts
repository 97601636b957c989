/** The terminal that a live screen is drawn on. @module */
import { createLogUpdate } from "log-update";
import process from "node:process";
import type { Screen } from "./io.ts";

const QUIT = new Set(["q", "Q", "\u0003", "\u0004"]);

/** Null where standard output is no terminal. Until closed the terminal gives each key at once. */
export function openScreen(signal: AbortSignal): Screen | null {
  if (!Deno.stdout.isTerminal()) return null;
  const end = new AbortController();
  const update = createLogUpdate(process.stdout);
  const hasKeys = Deno.stdin.isTerminal();
  if (hasKeys) {
    // Ctrl-C is read as a key then: the terminal is given back as it was before anything ends.
    process.stdin.setRawMode(true);
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (keys: string) => {
      if ([...keys].some((key) => QUIT.has(key))) end.abort();
    });
  }
  return {
    draw: (lines) => update(lines.join("\n")),
    get columns() {
      return process.stdout.columns ?? 80;
    },
    get rows() {
      return process.stdout.rows ?? 24;
    },
    ended: AbortSignal.any([signal, end.signal]),
    close() {
      update.done();
      if (!hasKeys) return;
      process.stdin.setRawMode(false);
      process.stdin.pause();
      process.stdin.removeAllListeners("data");
    },
  };
}
