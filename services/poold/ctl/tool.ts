/**
 * The command line as a function: arguments in, lines and an exit code out.
 *
 * @module
 */
import { readChecked } from "@gopool/config";
import { Command } from "commander";
import { apiCommands } from "./api.ts";
import { addressOf } from "./arguments.ts";
import { blockCommands } from "./blocks.ts";
import { clientCommands } from "./clients.ts";
import { completionCommands } from "./completion.ts";
import { createCtl, type Ctl } from "./context.ts";
import { EXIT, verdictOf } from "./faults.ts";
import type { CtlIo } from "./io.ts";
import { jobCommands } from "./jobs.ts";
import { ledgerCommands } from "./ledger.ts";
import { logCommands } from "./logs.ts";
import { payoutCommands } from "./payouts.ts";
import { processCommands } from "./processes.ts";
import { seriesCommands } from "./series.ts";
import { sessionCommands } from "./sessions.ts";
import { ctlSettings } from "./settings.ts";
import { shareCommands } from "./shares.ts";
import { statusCommands } from "./status.ts";
import { topCommand } from "./top/mod.ts";

/** In the order of the help. */
const COMMANDS = [
  statusCommands,
  topCommand,
  sessionCommands,
  shareCommands,
  jobCommands,
  blockCommands,
  ledgerCommands,
  payoutCommands,
  clientCommands,
  seriesCommands,
  apiCommands,
  logCommands,
  processCommands,
];

/**
 * Runs one command.
 *
 * @returns The exit code: 0; 1 where something is not well, refused or not there; 2 for mistakes in what was asked; 3
 * where nothing answers, or the token is not known.
 */
export async function runCtl(args: readonly string[], io: CtlIo): Promise<number> {
  try {
    await programOf(io).parseAsync([...args], { from: "user" });
    return EXIT.well;
  } catch (error) {
    // Told to end by Ctrl-C: what was watched ends, and that is no fault.
    if (io.signal.aborted) return EXIT.well;
    const { sentence, code } = verdictOf(error);
    if (sentence !== null) io.complain(sentence);
    return code;
  }
}

/** The program with all its commands: of them completion and help are made. */
export function programOf(io: CtlIo): Command {
  const { print, complain } = io;
  const program = new Command("ctl")
    // Its own exit would be with 1: here a mistake in the arguments is 2, as in every program of the pool.
    .exitOverride()
    // Whether there are colours is a question for variables that this program may not read.
    .configureOutput({
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => complain(text.trimEnd()),
    })
    .configureHelp({ showGlobalOptions: true })
    .description("Asks a running pool how it is, and tells it what to do")
    .option("--json", "the answers as JSON, one message a line")
    .option(
      "--address <host:port>",
      "where the pool is asked, again for another; default: GOPOOL_CONTROL_ADDRESSES, or what answers on this machine",
      addressOf,
    );
  const run = async (work: (ctl: Ctl) => Promise<void>) => {
    const config = readChecked("ctl", ctlSettings, { args: [], env: io.env });
    const ctl = createCtl(config, program.opts(), io);
    try {
      await work(ctl);
    } finally {
      ctl.pool.close();
    }
  };
  for (const add of COMMANDS) add(program, run);
  completionCommands(program, print);
  return program;
}
