/**
 * Series on an InfluxDB 3 for tests, real or its stand-in, each in databases of its own.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { FakeClock } from "@gopool/testing";
import type { InfluxPlace } from "@gopool/testing/servers";
import type { Stand } from "../contract_stand.ts";
import type { Retentions } from "../options.ts";
import type { Series } from "../port.ts";
import { type InfluxOptions, openInflux } from "./mod.ts";

/** Tests end at the first that fails: what another run left on a real server is not in this one's way. */
const RUN = crypto.randomUUID().slice(0, 8);
let stands = 0;

/** A name that no other test has. */
export function databaseName(): string {
  return `gopool_test_${RUN}_${stands++}`;
}

/** Its wall is the tests' to move; a write that waits to be tried again waits by the real time. */
class WallClock extends FakeClock {
  override monotonic(): number {
    return performance.now();
  }
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}

/** A test that waits for a server without faults has failed. */
const WRITE_TRIES_MS = 5_000;

/** The server counts retention by its own clock: the tests' begins there. */
export async function influxStand(place: InfluxPlace, retentions?: Retentions): Promise<Stand> {
  const clock = new WallClock(Date.now());
  const database = databaseName();
  const opened: Series[] = [];
  const options: InfluxOptions = {
    clock,
    raw: true,
    writeTriesMs: WRITE_TRIES_MS,
    ...(place.token === undefined ? {} : { token: place.token }),
    ...(retentions === undefined ? {} : { retentions }),
  };
  const open = async () => {
    const series = await openInflux(`${place.url}/${database}`, options);
    opened.push(series);
    return series;
  };
  return {
    series: await open(),
    clock,
    reopen: open,
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]();
      await place.drop(database);
    },
  };
}
