/**
 * The series on an InfluxDB 3. README.md says what it looks like there.
 *
 * @module
 */
import { RETENTIONS, SeriesNotOpened, type SeriesOptions } from "../options.ts";
import { SeriesUnavailable } from "../port.ts";
import { parseInfluxUrl } from "./address.ts";
import { Beginnings } from "./beginnings.ts";
import { RETRY_FIRST_MS, RETRY_LAST_MS } from "./limits.ts";
import { Reasons } from "./reasons.ts";
import { InfluxSeries } from "./series.ts";
import { InfluxServer } from "./server.ts";
import { setUp } from "./setup.ts";
import { placesOf } from "./tables.ts";
import { type Batch, LineWriter } from "./writer.ts";

export interface InfluxOptions extends SeriesOptions {
  /** Told of lines that the server refused for good. Default: onTrouble. */
  readonly onDropped?: (sentence: string) => void;
  /** Tests: how long one write may take, how long it is tried again, and a question. */
  readonly writeTimeoutMs?: number;
  readonly writeTriesMs?: number;
  readonly queryTimeoutMs?: number;
  /** False: the server keeps everything, for tests whose clock is not the server's. Default true. */
  readonly serverRetention?: boolean;
}

/**
 * Waits for a server that is away, telling so, until it answers; with access "read" it asks nothing yet.
 *
 * @param url `influx://HOST:PORT/DATABASE`, or `influxs://` for TLS.
 * @throws {SeriesNotOpened} The URL is none, the server refuses to make what is needed, or the wait was aborted.
 */
export async function openInflux(url: string, options: InfluxOptions): Promise<InfluxSeries> {
  const address = parseInfluxUrl(url);
  const { clock, raw, retentions = RETENTIONS, onTrouble = () => {} } = options;
  const places = placesOf(address.database, raw, retentions);
  const server = new InfluxServer(address, options);
  try {
    // Who only reads waits in each question for a server, and tables, that somebody else makes.
    if (options.access !== "read") {
      await untilThere(options, server.name, async () => {
        await setUp(server, places, options.serverRetention ?? true);
      });
    }
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  const onDropped = options.onDropped ?? ((sentence) => {
    onTrouble(sentence);
    // Told once: nothing is in the way.
    onTrouble(null);
  });
  const writer = new LineWriter({ server, clock, onDropped, triesMs: options.writeTriesMs });
  const write = (batches: readonly Batch[]) => writer.write(batches);
  // At the process's end a write is tried once, not for half a minute.
  options.signal?.addEventListener("abort", () => writer.close(), { once: true });
  return new InfluxSeries({
    server,
    places,
    writer,
    clock,
    retentions,
    reasons: new Reasons({ server, places, clock, write }),
    beginnings: new Beginnings({ server, place: places.beginning, clock, write }),
  });
}

async function untilThere(
  { clock, signal, onTrouble }: InfluxOptions,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  let said: string | null = null;
  for (let waitMs = RETRY_FIRST_MS;; waitMs = Math.min(2 * waitMs, RETRY_LAST_MS)) {
    try {
      await work();
      if (said !== null) onTrouble?.(null);
      return;
    } catch (error) {
      if (!(error instanceof SeriesUnavailable)) throw error;
      onTrouble?.(said = error.message);
    }
    await clock.sleep(waitMs, signal);
    if (signal?.aborted) {
      throw new SeriesNotOpened(`Cannot open the series at ${name}: ${said}`);
    }
  }
}
