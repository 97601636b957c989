/**
 * What is wrong in the pool, told to the tools that run beside it: a small file in the data folder, written as the
 * status board changes, so that `deno task topics` can say why a group is behind.
 *
 * @module
 */
import type { Clock, PartStatus, Service, StatusBoard } from "@gopool/runtime";

const FILE = "troubles.json";
/** How often the board is looked at, and how often the file is written though nothing has changed. */
const LOOK_MS = 1_000;
const FRESH_EVERY_MS = 5_000;
/** A file older than this is a pool's that has died: three writes are missing. */
const STALE_MS = 3 * FRESH_EVERY_MS;

interface Written {
  readonly atMs: number;
  readonly troubles: readonly PartStatus[];
}

/** Keeps the file until the pool ends, then removes it. A disk that refuses is no reason to stop anything. */
export function tellTroubles(
  { folder, board, clock }: {
    readonly folder: string;
    readonly board: StatusBoard;
    readonly clock: Clock;
  },
): Service {
  const path = `${folder}/${FILE}`;
  return {
    name: "troubles",
    async run(signal) {
      let told = "";
      let writtenMs = -Infinity;
      while (!signal.aborted) {
        const troubles = board.all().filter(({ health }) => health !== "ok");
        const text = JSON.stringify(troubles);
        const nowMs = clock.monotonic();
        if (text !== told || nowMs - writtenMs >= FRESH_EVERY_MS) {
          const written: Written = { atMs: clock.now(), troubles };
          await replace(path, JSON.stringify(written));
          told = text;
          writtenMs = nowMs;
        }
        await clock.sleep(LOOK_MS, signal);
      }
      await Deno.remove(path).catch(() => {});
    },
  };
}

/** The troubles of the pool that runs on this folder; null when none runs there. */
export async function troublesOf(
  folder: string,
  nowMs: number,
): Promise<readonly PartStatus[] | null> {
  try {
    const { atMs, troubles } = JSON.parse(
      await Deno.readTextFile(`${folder}/${FILE}`),
    ) as Written;
    return nowMs - atMs > STALE_MS ? null : troubles;
  } catch {
    return null;
  }
}

/** Whole or not at all: a reader never sees half a file. */
async function replace(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(`${path}.part`, text);
    await Deno.rename(`${path}.part`, path);
  } catch {
    return; // told again in some seconds
  }
}
