/** What the command line is given by the process, and what it gives to its commands. @module */
import type { Clock } from "@gopool/runtime";
import type { Print } from "../ledger/show.ts";

/** A terminal. */
export interface Screen {
  /** Shows the lines in place of those before. */
  draw(lines: readonly string[]): void;
  readonly columns: number;
  readonly rows: number;
  /** Aborts at `q` or Ctrl-C. */
  readonly ended: AbortSignal;
  close(): void;
}

export interface CtlIo {
  /** Says the value of a variable of the environment. */
  readonly env: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly print: Print;
  /** A name that nobody has had: of a change that must not be done twice. */
  readonly newId: () => string;
  /** Where mistakes and troubles are told. */
  readonly complain: Print;
  /** The terminal, where there is one to draw on. */
  readonly screen: () => Screen | null;
}
