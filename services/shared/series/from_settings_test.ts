import { assertEquals } from "@std/assert";
import { readConfig, seriesRows } from "@gopool/config";
import { RETENTIONS, seriesOptionsOf } from "./mod.ts";

function settings(env: Record<string, string>) {
  return readConfig("tried", seriesRows, { args: [], env: (name) => env[name] });
}

Deno.test("settings left alone are the room's own defaults, raw shares on a server only", () => {
  const file = seriesOptionsOf(settings({ GOPOOL_SERIES_URL: "sqlite:./series.sqlite" }));
  assertEquals(file, { raw: false, retentions: RETENTIONS });
  const server = seriesOptionsOf(settings({ GOPOOL_SERIES_URL: "influx://127.0.0.1/gopool" }));
  assertEquals(server, { raw: true, retentions: RETENTIONS });
});

Deno.test("the token is passed on, certificates are read, retentions are milliseconds", () => {
  const options = seriesOptionsOf(
    settings({
      GOPOOL_SERIES_URL: "influxs://db:8181/gopool",
      GOPOOL_SERIES_TOKEN: "apiv3_word",
      GOPOOL_SERIES_CA: "/ca.pem",
      GOPOOL_SERIES_RAW: "off",
      GOPOOL_SERIES_KEEP_MINUTES: "30h",
      GOPOOL_SERIES_KEEP_DAYS: "400d",
    }),
    (path) => `contents of ${path}`,
  );
  assertEquals(options, {
    token: "apiv3_word",
    ca: "contents of /ca.pem",
    raw: false,
    retentions: { ...RETENTIONS, minutesMs: 30 * 3_600_000, daysMs: 400 * 86_400_000 },
  });
});
