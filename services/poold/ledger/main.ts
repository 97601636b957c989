/**
 * `deno task ledger`: looks into the books, holds them against themselves and against the log, and lets operators act.
 * Works beside a running pool. Whatever changes something names who and why, and that is kept.
 *
 * @module
 */
import { AddressError } from "@gopool/chain";
import { ConfigError, readChecked } from "@gopool/config";
import { LedgerNotOpened, LedgerUnavailable, PayoutRefused } from "@gopool/ledger";
import { NoSuchUnknown } from "@gopool/ledger/blocks";
import { BusNotOpened } from "@gopool/bus";
import { NodeMalformed, NodeRefused, NodeUnavailable } from "@gopool/node";
import { BeginRefused, HistoryMissing } from "@gopool/payoutd/books";
import { systemClock } from "@gopool/runtime";
import { Command, CommanderError } from "commander";
import { ArchiveFault } from "../topics/archive_folder.ts";
import { accountCommands } from "./accounts.ts";
import { blockCommands } from "./blocks.ts";
import { changeCommands } from "./change.ts";
import { checkCommands, NotRight } from "./check.ts";
import { logCommands } from "./logs.ts";
import { type Books, withBooks } from "./open.ts";
import { payoutCommands } from "./payouts.ts";
import { Refused } from "./refused.ts";
import { toolSettings } from "./settings.ts";
import { UnknownToBooks } from "./unknown.ts";

const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

const run = (work: (books: Books) => Promise<void>) => {
  const env = (name: string) => Deno.env.get(name);
  const config = readChecked("ledger", toolSettings, { args: [], env });
  return withBooks(config, {
    clock: systemClock,
    signal: stop.signal,
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
  }, work);
};

const program = new Command("ledger")
  // Its own exit would be with 1: here a mistake in the arguments is 2, as in every program of the pool.
  .exitOverride()
  // Whether there are colours is a question for variables that this program may not read.
  .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
  .description("The books of the pool. Amounts are whole satoshis; what the pool owes is positive");
accountCommands(program, run);
blockCommands(program, run);
checkCommands(program, run);
payoutCommands(program, run);
changeCommands(program, run);
logCommands(program, run);

/** What is said in a sentence; anything else is a fault of the program's, with where it came from. */
const SENTENCES = [
  AddressError,
  ArchiveFault,
  BeginRefused,
  BusNotOpened,
  ConfigError,
  HistoryMissing,
  LedgerNotOpened,
  LedgerUnavailable,
  NodeMalformed,
  NodeRefused,
  NodeUnavailable,
  NoSuchUnknown,
  PayoutRefused,
  Refused,
  UnknownToBooks,
] as const;

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  Deno.exitCode = codeOf(error);
  // The library, or the command, has told its own already.
  const isTold = error instanceof CommanderError || error instanceof NotRight ||
    stop.signal.aborted;
  if (!isTold) {
    const isSentence = SENTENCES.some((kind) => error instanceof kind);
    console.error(isSentence ? (error as Error).message : error);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // the help
  return error instanceof CommanderError || error instanceof ConfigError ? 2 : 1;
}
