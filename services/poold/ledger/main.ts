/**
 * `deno task ledger`: looks into the books, holds them against themselves and against the log, and lets operators act.
 * Works beside a running pool. Whatever changes something names who and why, and that is kept.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { runTool } from "./tool.ts";

const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

Deno.exitCode = await runTool(Deno.args, {
  env: (name) => Deno.env.get(name),
  clock: systemClock,
  signal: stop.signal,
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
});
