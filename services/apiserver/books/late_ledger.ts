/**
 * A ledger for who has something to say without it: until it is open, and while it cannot be opened, asking it throws
 * LedgerUnavailable.
 *
 * @module
 */
import { type Ledger, LedgerUnavailable } from "@gopool/ledger";
import { aborted, type Clock, type Service, type StatusBoard } from "@gopool/runtime";
import { LEDGER_AGAIN_MS, LEDGER_LOOK_MS } from "./limits.ts";

export interface LateLedgerDeps {
  /** As openLedger(): waits for a server that is away, throws what waiting cannot mend. */
  readonly open: (
    signal: AbortSignal,
    onTrouble: (sentence: string | null) => void,
  ) => Promise<Ledger>;
  readonly clock: Pick<Clock, "sleep">;
  readonly board: Pick<StatusBoard, "set">;
}

/** `run` opens it and looks after it; it ends, and closes it, with its signal. */
export type LateLedger = Pick<Ledger, "transaction"> & Service;

const PART = "apiserver/ledger";

export function lateLedger({ open, clock, board }: LateLedgerDeps): LateLedger {
  let opened: Ledger | null = null;
  let why = "it is not open yet";
  const tell = (sentence: string | null) => {
    why = sentence ?? "it is not open yet";
    if (sentence !== null) board.set(PART, "degraded", sentence);
  };
  const untilOpen = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        return await open(signal, tell);
      } catch (error) {
        if (signal.aborted) break;
        // An older schema, a wrong password: somebody may mend it while everything else is served.
        tell(error instanceof Error ? error.message : String(error));
        await clock.sleep(LEDGER_AGAIN_MS, signal);
      }
    }
    return null;
  };
  return {
    name: PART,
    transaction(work, options) {
      if (opened === null) return Promise.reject(new LedgerUnavailable(why, false));
      return opened.transaction(work, options);
    },
    async run(signal) {
      board.set(PART, "degraded", why);
      await using ledger = await untilOpen(signal);
      if (ledger === null) return;
      opened = ledger;
      while (!signal.aborted) {
        await lookAt(ledger, board);
        await clock.sleep(LEDGER_LOOK_MS, signal);
      }
      opened = null;
      await aborted(signal);
    },
  };
}

async function lookAt(ledger: Ledger, board: Pick<StatusBoard, "set">): Promise<void> {
  try {
    await ledger.transaction((tx) => tx.query("SELECT"), { snapshot: true });
    board.set(PART, "ok", ledger.name);
  } catch (error) {
    if (!(error instanceof LedgerUnavailable)) throw error;
    board.set(PART, "degraded", error.message);
  }
}
