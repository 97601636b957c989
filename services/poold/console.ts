/**
 * What a person sees of the pool: where to point a miner, how it goes, and what is wrong.
 *
 * @module
 */
import { displayHash, type Hash, type Network } from "@gopool/chain";
import { type BlockFound, BlockOutcome } from "@gopool/proto";
import type { Summary } from "@gopool/ledger/summary";
import type { Clock, Logger, PartStatus, Service } from "@gopool/runtime";
import type { Counts } from "@gopool/shareproc/counts";
import type { StratumdStatus } from "@gopool/stratumd";
import { blockLine, DifficultyTeller, statusLine } from "./lines.ts";

export interface PoolView {
  readonly network: Network;
  readonly node: string;
  readonly poolAddress: string;
  readonly simulated: boolean;
  /** Records that the log had when it was opened. */
  readonly past: { readonly shares: number; readonly blocks: number };
  stratum(): StratumdStatus;
  judged(): Readonly<Pick<Counts, "valid" | "disagreements" | "repeats">>;
  blocks(): { readonly accepted: number; readonly lost: number };
  /** Undefined before the books were first read. */
  books(): Summary | undefined;
  /** Blocks until a coinbase can be spent. */
  readonly maturity: number;
  miner(): { readonly hashesPerSecond: number } | undefined;
  board(): readonly PartStatus[];
}

export interface ConsoleDeps {
  readonly view: PoolView;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where miners connect. */
  readonly host: string;
  readonly listening: Promise<number>;
  /** Where the public looks. */
  readonly page: { readonly host: string; readonly listening: Promise<number> };
}

/** How often the pool says how it goes. */
export const STATUS_EVERY_MS = 10_000;
/** How often troubles and difficulties are looked at. */
export const LOOK_EVERY_MS = 1_000;
/** A trouble is told when it is this old: what heals at once, as at every start, is none. */
export const TROUBLE_AFTER_MS = 3_000;

export function createConsole({ view, clock, log, host, listening, page }: ConsoleDeps): Service {
  const difficulties = new DifficultyTeller();
  let told: ReadonlyMap<string, string> = new Map();

  return {
    name: "console",
    async run(signal) {
      listening.then((port) => {
        if (!signal.aborted) welcome(view, host, port, log);
      }, () => {});
      page.listening.then((port) => {
        if (!signal.aborted) {
          log.info(`The pool's page is at http://${hostInUrl(page.host)}:${port}/`);
        }
      }, () => {});
      let statusMs = clock.monotonic();
      while (!signal.aborted) {
        await clock.sleep(LOOK_EVERY_MS, signal);
        if (signal.aborted) break;
        const nowMs = clock.monotonic();
        told = tellTroubles(view.board(), told, clock.now(), log);
        const sentence = difficulties.take(view.stratum().difficulty, nowMs);
        if (sentence !== null) log.info(sentence);
        if (nowMs - statusMs < STATUS_EVERY_MS) continue;
        statusMs = nowMs;
        log.info(statusLine(view));
      }
    },
  };
}

/** Tells a block's end. */
export function tellBlock(found: BlockFound, log: Logger): void {
  const accepted = found.outcome === BlockOutcome.ACCEPTED;
  const hash = displayHash(found.facts!.hash as Hash);
  log[accepted ? "info" : "error"](blockLine(found), { hash });
}

function welcome(view: PoolView, host: string, port: number, log: Logger): void {
  const { network, node, poolAddress, past } = view;
  log.info(
    past.shares + past.blocks === 0
      ? "The log is new"
      : `The log goes on: ${past.shares} records in share.valid, ${past.blocks} in block.found`,
  );
  log.info(
    `Point a miner at stratum+tcp://${
      hostInUrl(host)
    }:${port}: user ADDRESS or ADDRESS.WORKER, any password`,
    { network, node, poolAddress },
  );
  if (view.simulated) {
    log.info("This is a simulation: set GOPOOL_NODE_URL and GOPOOL_POOL_ADDRESS to mine for real");
    log.info(
      `Its blocks mature after ${view.maturity} more, not 100: the first payout is to be seen within minutes`,
    );
  }
}

/** IPv6 stands in brackets there (RFC 3986). */
function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Says each trouble once, and once more when its sentence changes; what is well again is said too. */
function tellTroubles(
  board: readonly PartStatus[],
  told: ReadonlyMap<string, string>,
  nowMs: number,
  log: Logger,
): ReadonlyMap<string, string> {
  const bad = board.filter(({ health }) => health !== "ok");
  const now = new Map<string, string>();
  for (const { part, detail, sinceMs } of bad) {
    const before = told.get(part);
    if (before === undefined && nowMs - sinceMs < TROUBLE_AFTER_MS) continue;
    if (before !== detail) log.warn(`${part}: ${detail}`);
    now.set(part, detail);
  }
  for (const part of told.keys()) if (!now.has(part)) log.info(`${part}: well again`);
  return now;
}
