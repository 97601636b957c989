/**
 * The tool as a function: arguments in, lines and an exit code out.
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
import { BadRequest } from "@gopool/payoutd/desk";
import { Command, CommanderError } from "commander";
import { ArchiveFault } from "../topics/archive_folder.ts";
import { accountCommands } from "./accounts.ts";
import { blockCommands } from "./blocks.ts";
import { changeCommands } from "./change.ts";
import { checkCommands, NotRight } from "./check.ts";
import { coinCommands } from "./coins.ts";
import { logCommands } from "./logs.ts";
import { type Books, type ToolDeps, withBooks } from "./open.ts";
import { payoutCommands } from "./payouts.ts";
import { Refused } from "./refused.ts";
import { toolSettings } from "./settings.ts";
import { UnknownToBooks } from "./unknown.ts";

/** What is said in a sentence; anything else is a fault of the program's, with where it came from. */
const SENTENCES = [
  AddressError,
  ArchiveFault,
  BadRequest,
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

export interface ToolIo extends ToolDeps {
  /** Says the value of a variable of the environment. */
  readonly env: (name: string) => string | undefined;
}

/** Runs one command. @returns The exit code: 0, 1 where something is not right or refused, 2 for mistakes in what was asked. */
export async function runTool(args: readonly string[], io: ToolIo): Promise<number> {
  const run = (work: (books: Books) => Promise<void>) =>
    withBooks(readChecked("ledger", toolSettings, { args: [], env: io.env }), io, work);
  try {
    await programOf(run, io).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    // The library, or the command, has told its own already.
    const isTold = error instanceof CommanderError || error instanceof NotRight ||
      io.signal.aborted;
    if (!isTold) {
      const isSentence = SENTENCES.some((kind) => error instanceof kind);
      io.complain(isSentence ? (error as Error).message : String((error as Error).stack ?? error));
    }
    return codeOf(error);
  }
}

function programOf(
  run: (work: (books: Books) => Promise<void>) => Promise<void>,
  { print, complain }: ToolIo,
): Command {
  const program = new Command("ledger")
    // Its own exit would be with 1: here a mistake in the arguments is 2, as in every program of the pool.
    .exitOverride()
    // Whether there are colours is a question for variables that this program may not read.
    .configureOutput({
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => complain(text.trimEnd()),
    })
    .description(
      "The books of the pool. Amounts are whole satoshis; what the pool owes is positive",
    );
  accountCommands(program, run);
  blockCommands(program, run);
  checkCommands(program, run);
  payoutCommands(program, run);
  coinCommands(program, run);
  changeCommands(program, run);
  logCommands(program, run);
  return program;
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // the help
  return error instanceof CommanderError || error instanceof ConfigError ? 2 : 1;
}
