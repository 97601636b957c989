/**
 * Another process on the same file, for tests: `deno run child_fixture.ts <work> <url>`. Prints a line of JSON for
 * whatever it did, as soon as it was done.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { foldOf, point } from "../contract_stand.ts";
import { openSeries, type Series } from "../mod.ts";

const utf8 = new TextEncoder();

/** Written and gone before this returns: nothing that was said is lost with the process. */
function say(line: unknown): void {
  const bytes = utf8.encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Where the counting minute of every process is. */
export const MINUTE = 29_500_000 * 60_000;

/** Writes without end, points and position of one number; says each when it is written. */
async function count(series: Series): Promise<never> {
  for (let i = 1;; i += 1) {
    const workers = Array.from(
      { length: 700 },
      (_, w) => point({ minuteMs: MINUTE, worker: `rig ${w}`, shares: i }),
    );
    const position = { topic: "share.valid", partition: 0, logId: "log", offset: i };
    await series.write(foldOf(workers, { positions: [position] }));
    say(i);
  }
}

async function read(series: Series): Promise<void> {
  const range = { fromMs: MINUTE, untilMs: MINUTE + 60_000 };
  const [sum] = await series.sums({ kind: "pool" }, [range]);
  say({ shares: sum!.valid.shares, top: (await series.top(range, 5)).length });
}

if (import.meta.main) {
  const [work, url] = Deno.args as [string, string];
  const access = work === "read" ? "read" : "write";
  await using series = await openSeries(url, { clock: systemClock, raw: false, access });
  await (work === "read" ? read(series) : count(series));
}
