import { testInflux } from "@gopool/testing/servers";
import { seriesContract } from "./contract.ts";
import { influxStand } from "./influx/stand_fixture.ts";

const place = await testInflux();
if (place !== null) {
  seriesContract({
    name: `influx: (${place.name})`,
    histories: 5,
    open: (retentions) => influxStand(place, retentions),
  });
}
