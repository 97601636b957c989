import { assertEquals } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { testInflux } from "@gopool/testing/servers";
import { foldOf, point } from "../contract_stand.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../levels.ts";
import { RETENTIONS } from "../options.ts";
import { parseInfluxUrl } from "./address.ts";
import { openInflux } from "./mod.ts";
import { rollStretch } from "./rolling.ts";
import { InfluxServer } from "./server.ts";
import { databaseName } from "./stand_fixture.ts";
import { placesOf } from "./tables.ts";
import type { Batch } from "./writer.ts";

const influx = await testInflux();

Deno.test({
  name: "influx: who ended between a day's hours and the day has not rolled up its last hour",
  ignore: influx === null,
  async fn() {
    const { url, token, drop } = influx!;
    const database = databaseName();
    const options = { clock: systemClock, raw: false, ...token === undefined ? {} : { token } };
    const untilMs = floorTo(Date.now(), DAY_MS) - DAY_MS;
    const day = { fromMs: untilMs - DAY_MS, untilMs };
    const sums = [
      point({ minuteMs: day.fromMs, shares: 3 }),
      point({ minuteMs: untilMs - 60_000 }),
    ];
    try {
      await using series = await openInflux(`${url}/${database}`, options);
      await series.write(foldOf(sums));
      await using server = new InfluxServer(parseInfluxUrl(`${url}/${database}`), options);
      const write = async (batches: readonly Batch[]) => {
        for (const { database, lines } of batches) await server.write(database, lines);
      };
      const places = placesOf(database, false, RETENTIONS);
      await rollStretch({ server, places, reasons: new Set(), write }, "hour", day);

      await using next = await openInflux(`${url}/${database}`, options);
      assertEquals(await next.rolledUntil(), untilMs - HOUR_MS);
      const shares = async () => (await next.sums({ kind: "pool" }, [day]))[0]!.valid.shares;
      assertEquals(await shares(), 4);
      const last = { fromMs: untilMs - HOUR_MS, untilMs };
      assertEquals(await next.rollUp(last), { hours: 1, days: 1 });
      assertEquals([await next.rolledUntil(), await shares()], [untilMs, 4]);
    } finally {
      await drop(database);
    }
  },
});
