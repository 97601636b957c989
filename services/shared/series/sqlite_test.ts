import { FakeClock } from "@gopool/testing";
import { seriesContract } from "./contract.ts";
import { openSeries, type Series } from "./mod.ts";

const folder = await Deno.makeTempDir({ prefix: "gopool_series_" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
let files = 0;

seriesContract({
  name: "sqlite:",
  histories: 25,
  open: (retentions) => {
    const url = `sqlite:${folder}/${files++}.sqlite`;
    // Each store begins at another time of day: where hours and days end must not matter.
    const clock = new FakeClock(1_767_225_600_000 + files * 11_837_123);
    const opened: Series[] = [];
    const open = async () => {
      const series = await openSeries(url, {
        clock,
        raw: true,
        ...(retentions ? { retentions } : {}),
      });
      opened.push(series);
      return series;
    };
    return open().then((series) => ({
      series,
      clock,
      // What a process that is killed leaves is what another connection sees: the first one is closed at the end.
      reopen: open,
      async [Symbol.asyncDispose]() {
        for (const one of opened) await one[Symbol.asyncDispose]();
      },
    }));
  },
});
