/**
 * `deno task migrate`: brings the ledger's schema to what this program knows, and says what it did. The user that the
 * settings name must own the books, or be new to an empty database; the services may run as others.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { ConfigError, readChecked } from "@gopool/config";
import { LedgerNotOpened, LedgerUnavailable } from "@gopool/ledger";
import { systemClock } from "@gopool/runtime";
import { ledgerPlace, ledgerSettings } from "../ledger_place.ts";
import { migrateLedger } from "./migrate.ts";

const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

const program = new Command("migrate")
  // Its own exit would be with 1: here a mistake in the arguments is 2, as in every program of the pool.
  .exitOverride()
  // Whether there are colours is a question for variables that this program may not read.
  .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
  .description("Brings the ledger's schema to what this program knows")
  .option("--check", "only says what is missing; ends with 1 where something is")
  .action(async ({ check = false }) => {
    const env = (name: string) => Deno.env.get(name);
    const settings = readChecked("migrate", ledgerSettings, { args: [], env });
    const onTrouble = (sentence: string | null) => {
      if (sentence !== null) console.error(sentence);
    };
    const deps = { clock: systemClock, signal: stop.signal, onTrouble };
    await using place = await ledgerPlace(settings, deps);
    const done = await migrateLedger(place, { ...deps, check, print: (line) => console.log(line) });
    if (!done) Deno.exitCode = 1;
  });

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  Deno.exitCode = codeOf(error);
  // The library has told its own already; where nobody listens, only the operator's own mistakes are without a trace.
  if (error instanceof CommanderError || stop.signal.aborted) Deno.exit();
  const isSentence = [ConfigError, LedgerNotOpened, LedgerUnavailable, TypeError]
    .some((kind) => error instanceof kind);
  console.error(isSentence ? (error as Error).message : error);
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // the help
  return error instanceof CommanderError || error instanceof ConfigError ? 2 : 1;
}
