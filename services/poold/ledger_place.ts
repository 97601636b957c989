/**
 * Where the pool's books are, by its settings: one answer for the pool, for the tools that work on the books, and for
 * their permissions.
 *
 * @module
 */
import {
  dataDir,
  ledgerPort,
  ledgerProblems,
  ledgerRows,
  type LedgerSettings,
  ledgerUrl,
  optional,
  type Settings,
} from "@gopool/config";
import { LedgerNotOpened, ledgerOptionsOf } from "@gopool/ledger";
import { homeOf } from "@gopool/ledger/home";
import type { Clock } from "@gopool/runtime";

/** The rows of a tool that works on the books; more may be spread beside them. */
export const ledgerSchema = {
  dataDir,
  ...ledgerRows,
  /** Absent: the embedded ledger under the data folder. */
  ledgerUrl: optional(ledgerUrl),
  ledgerPort,
};

/** What is wrong with them together. */
export const ledgerSettings: Settings<typeof ledgerSchema> = {
  schema: ledgerSchema,
  problems: (found, isBad) => ledgerProblems(found as Partial<LedgerSettings>, isBad),
};

export interface LedgerPlaceSettings extends Partial<Omit<LedgerSettings, "ledgerUrl">> {
  readonly dataDir: string;
  readonly ledgerUrl: string | undefined;
  readonly ledgerPort: number;
}

export interface LedgerPlaceDeps {
  readonly clock: Clock;
  readonly onTrouble?: (sentence: string | null) => void;
  readonly signal?: AbortSignal;
  /** Makes the embedded ledger where there is none yet: for the pool itself. A tool would only hide a misspelt folder. */
  readonly make?: boolean;
}

export interface LedgerPlace extends AsyncDisposable {
  readonly url: string;
  /** For openLedger and migrate, beside clock and book. */
  readonly options: ReturnType<typeof ledgerOptionsOf>;
  /** A server beside the pool, which keeps its own schema up to date. */
  readonly embedded: boolean;
}

/**
 * The ledger that the settings name. The embedded one is started, or taken as it runs, and ended by the last who uses
 * it.
 *
 * @throws {LedgerNotOpened} The embedded one does not start, in a sentence.
 */
export async function ledgerPlace(
  settings: LedgerPlaceSettings,
  deps: LedgerPlaceDeps,
): Promise<LedgerPlace> {
  const options = ledgerOptionsOf(settings);
  if (settings.ledgerUrl !== undefined) {
    const nothing = () => Promise.resolve();
    return { url: settings.ledgerUrl, options, embedded: false, [Symbol.asyncDispose]: nothing };
  }
  if (!deps.make && homeOf(settings.dataDir) === null) {
    throw new LedgerNotOpened(
      `There is no ledger under ${settings.dataDir} yet: GOPOOL_DATA_DIR or GOPOOL_LEDGER_URL must be the pool's, and it must have run once`,
    );
  }
  const { startEmbedded } = await import("@gopool/ledger/embedded");
  const { dataDir, ledgerPort: port } = settings;
  const server = await startEmbedded({ ...deps, dataDir, port });
  return {
    url: server.url,
    options,
    embedded: true,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
