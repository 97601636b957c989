/**
 * A process of its own on an InfluxDB 3, for tests: `deno run child_fixture.ts <url>`. Writes a minute and prints what it
 * then reads, as JSON.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { foldOf, point } from "../contract_stand.ts";
import { openSeries } from "../mod.ts";

const [url] = Deno.args as [string];
const minuteMs = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
const range = { fromMs: minuteMs, untilMs: minuteMs + 60_000 };
await using series = await openSeries(url, { clock: systemClock, raw: true });
await series.write(foldOf([point({ minuteMs, shares: 9 })]));
const [sum] = await series.sums({ kind: "pool" }, [range]);
console.log(
  JSON.stringify({ shares: sum!.valid.shares, top: (await series.top(range, 5)).length }),
);
