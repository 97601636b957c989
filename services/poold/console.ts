/**
 * What a person sees of the pool: where to point a miner, how it goes, and what is wrong.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import type { Clock, Logger, PartStatus, Service } from "@gopool/runtime";
import type { Counts } from "@gopool/shareproc/counts";
import type { StratumdStatus } from "@gopool/stratumd";

export interface PoolView {
  readonly network: Network;
  readonly node: string;
  readonly poolAddress: string;
  readonly simulated: boolean;
  stratum(): StratumdStatus;
  judged(): Readonly<Pick<Counts, "valid" | "disagreements" | "repeats">>;
  blocks(): { readonly accepted: number; readonly lost: number };
  miner(): { readonly hashesPerSecond: number } | undefined;
  board(): readonly PartStatus[];
}

export interface ConsoleDeps {
  readonly view: PoolView;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: string;
  readonly listening: Promise<number>;
}

/** How often the pool says how it goes. */
const EVERY_MS = 10_000;

export function createConsole({ view, clock, log, host, listening }: ConsoleDeps): Service {
  return {
    name: "console",
    async run(signal) {
      const stopped = new Promise<undefined>((resolve) =>
        signal.addEventListener("abort", () => resolve(undefined), { once: true })
      );
      const port = await Promise.race([listening, stopped]);
      if (port === undefined || signal.aborted) return;
      log.info(
        `Point a miner at stratum+tcp://${host}:${port}: user ADDRESS or ADDRESS.WORKER, any password`,
        { network: view.network, node: view.node, poolAddress: view.poolAddress },
      );
      if (view.simulated) {
        log.info(
          "This is a simulation: set GOPOOL_NODE_URL and GOPOOL_POOL_ADDRESS to mine for real",
        );
      }
      let told = new Map<string, string>();
      while (!signal.aborted) {
        await clock.sleep(EVERY_MS, signal);
        if (signal.aborted) break;
        log.info(statusLine(view));
        told = tellTroubles(view.board(), told, log);
      }
    },
  };
}

/** How the pool goes, in one line. Pure but for what it is shown. */
export function statusLine(view: PoolView): string {
  const { sessions, height, shares, difficulty, waiting, spooled } = view.stratum();
  const { accepted, lost } = view.blocks();
  const judged = view.judged();
  const rate = view.miner()?.hashesPerSecond;
  return [
    `height ${height ?? "-"}`,
    `${sessions} miner${sessions === 1 ? "" : "s"}${rate ? ` (demo ${hashrate(rate)})` : ""}`,
    `difficulty ${difficulty === null ? "-" : range(difficulty)}`,
    `shares ${shares.accepted} accepted, ${shares.rejected} rejected, ${shares.stale} stale, ${judged.valid} booked`,
    `blocks ${accepted} accepted, ${lost} lost`,
    ...(waiting > 0 ? [`${waiting} answers wait for the bus`] : []),
    ...(spooled > 0 ? [`${spooled} candidates on their way`] : []),
    ...(judged.disagreements > 0 ? [`${judged.disagreements} DISAGREEMENTS`] : []),
  ].join(" | ");
}

/** Says each trouble once, and once more when its sentence changes; what is well again is said too. */
function tellTroubles(
  board: readonly PartStatus[],
  told: ReadonlyMap<string, string>,
  log: Logger,
): Map<string, string> {
  const now = new Map(
    board.filter(({ health }) => health !== "ok").map(({ part, detail }) => [part, detail]),
  );
  for (const [part, detail] of now) if (told.get(part) !== detail) log.warn(`${part}: ${detail}`);
  for (const part of told.keys()) if (!now.has(part)) log.info(`${part}: well again`);
  return now;
}

function range({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? short(min) : `${short(min)} to ${short(max)}`;
}

function short(n: number): string {
  return String(Number(n.toPrecision(3)));
}

function hashrate(perSecond: number): string {
  const units = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(perSecond) / 3)));
  return `${(perSecond / 1000 ** step).toPrecision(3)} ${units[step]}`;
}
