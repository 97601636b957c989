/**
 * What was mined over time: port.ts is the promise, contract.ts says it again as tests.
 *
 * @module
 */
import { measured } from "./measured.ts";
import { SeriesNotOpened, type SeriesOptions } from "./options.ts";
import type { Series } from "./port.ts";

export * from "./arithmetic.ts";
export { expectedBetween } from "./effort.ts";
export { seriesOptionsOf, type SeriesSettings } from "./from_settings.ts";
export { DAY_MS, fittingStep, HOUR_MS, MINUTE_MS, STEPS } from "./levels.ts";
export {
  RETENTIONS,
  type Retentions,
  type SeriesClock,
  SeriesNotOpened,
  type SeriesOptions,
} from "./options.ts";
export * from "./port.ts";

/**
 * Opens the series a URL names and loads only that adapter: `sqlite:FILE` for one embedded in a pool,
 * `influx://HOST:PORT/DATABASE` and `influxs://…` (TLS) for InfluxDB 3.
 *
 * @throws {SeriesNotOpened} Saying in a sentence why not.
 */
export async function openSeries(url: URL | string, options: SeriesOptions): Promise<Series> {
  const series = await openAdapter(String(url), options);
  const { metrics, clock } = options;
  return metrics === undefined ? series : measured(series, { metrics, clock });
}

async function openAdapter(text: string, options: SeriesOptions): Promise<Series> {
  const scheme = text.slice(0, text.indexOf(":") + 1);
  switch (scheme) {
    case "sqlite:": {
      const { openSqliteSeries } = await import("./sqlite/mod.ts");
      return openSqliteSeries(sqlitePath(text), options);
    }
    case "influx:":
    case "influxs:": {
      const { openInflux } = await import("./influx/mod.ts");
      return await openInflux(text, options);
    }
    default:
      throw new SeriesNotOpened(
        `Cannot open a series at "${scheme}": sqlite:, influx: and influxs: are known`,
      );
  }
}

/** `sqlite:./data/series.sqlite`: what follows the colon is a path, percent-encoded. */
function sqlitePath(url: string): string {
  const path = decodeURIComponent(url.slice("sqlite:".length)).replace(/^\/\/(?=\/)/, "");
  if (path === "" || path.endsWith("/")) {
    throw new SeriesNotOpened(
      `Cannot open the series at "${url}": it must name a file, as sqlite:./data/series.sqlite`,
    );
  }
  return path;
}
