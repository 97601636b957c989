/**
 * `deno task ctl`: asks a running pool how it is and tells it what to do, over its control addresses.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { runCtl } from "./tool.ts";
import { openScreen } from "./tty.ts";

const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

Deno.exitCode = await runCtl(Deno.args, {
  env: (name) => Deno.env.get(name),
  clock: systemClock,
  signal: stop.signal,
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
  newId: () => crypto.randomUUID(),
  screen: () => openScreen(stop.signal),
});
