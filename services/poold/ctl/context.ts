/** What a command works with. @module */
import type { Clock } from "@gopool/runtime";
import type { Print } from "../ledger/show.ts";
import type { CtlIo } from "./io.ts";
import { createOut, type Out } from "./out.ts";
import type { Place } from "./places.ts";
import { createPoolClient, type PoolClient } from "./pool.ts";
import type { CtlConfig } from "./settings.ts";

/** The flags of the whole program. */
export interface Globals {
  readonly json?: boolean;
  readonly address?: readonly Place[];
}

export interface Ctl {
  readonly pool: PoolClient;
  readonly out: Out;
  readonly clock: Clock;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly complain: Print;
  readonly io: CtlIo;
}

/** Reads the settings, and gives a command what it works with. */
export type Run = (work: (ctl: Ctl) => Promise<void>) => Promise<void>;

export function createCtl(
  config: CtlConfig,
  { json = false, address = [] }: Globals,
  io: CtlIo,
): Ctl {
  const { clock, signal, print, complain } = io;
  return {
    pool: createPoolClient({ addresses: address, config, clock, signal, complain }),
    out: createOut(json, print),
    clock,
    signal,
    complain,
    io,
  };
}
