/**
 * Requests to a public API from a process of their own, while something else is done or for a time.
 *
 * @module
 */
import { tempDir } from "@gopool/testing";
import { Child, usageOf } from "../processes.ts";

export interface Asking {
  readonly port: number;
  readonly connections: number;
  /** 0: as fast as it answers. */
  readonly perSecond: number;
  readonly paths: readonly string[];
  /** Of the asker. */
  readonly core: number | null;
  /** Whose CPU is counted; null: nobody's. */
  readonly pid: number | null;
}

export interface Asked {
  readonly perSecond: number;
  readonly failed: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Of the server, µs for each answer; null where it cannot be read. */
  readonly cpuUs: number | null;
  readonly bytesEach: number;
}

const WARM_MS = 1_500;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** For so long, after a time to warm up. */
export async function askFor(asking: Asking, runMs: number): Promise<Asked> {
  return (await underAsking(asking, () => sleep(runMs))).asked;
}

/** Does `work` while the API is asked; what is asked before that is not measured. */
export async function underAsking<T>(
  asking: Asking,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly asked: Asked }> {
  const { port, connections, perSecond, paths, core, pid } = asking;
  await using folder = await tempDir();
  const file = folder.join("paths.json");
  await Deno.writeTextFile(file, JSON.stringify(paths));
  const program = new URL("asker.ts", import.meta.url).pathname;
  const own = ["run", "--quiet", "--permission-set=tests", program];
  await using child = new Child({
    args: [...own, ...[port, connections, perSecond].map(String), file],
    core,
  });
  await child.told("asking");
  await sleep(WARM_MS);
  const before = pid === null ? null : await usageOf(pid);
  await child.say("measure");
  const startMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startMs) / 1_000;
  const after = pid === null ? null : await usageOf(pid);
  await child.say("enough");
  const answered = await child.told("answered") + await child.told("unchanged");
  const [failed, bytes] = [await child.told("failed"), await child.told("bytes")];
  return {
    result,
    asked: {
      perSecond: answered / seconds,
      failed,
      p50: await child.told("p50"),
      p99: await child.told("p99"),
      worst: await child.told("worst"),
      cpuUs: before === null || after === null
        ? null
        : (after.cpuMs - before.cpuMs) * 1_000 / answered,
      bytesEach: bytes / Math.max(1, answered + failed),
    },
  };
}
