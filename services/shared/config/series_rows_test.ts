import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  effective,
  readConfig,
  seriesNeeds,
  seriesProblems,
  seriesRows,
  seriesUrl,
} from "./mod.ts";

Deno.test("a series is a file, or one InfluxDB with a database", () => {
  const good = [
    "sqlite:./data/series.sqlite",
    "sqlite:///var/a%20b/series.sqlite",
    "influx://127.0.0.1:8181/gopool",
    "influxs://db/gopool_1",
    "influx://[::1]/g",
  ];
  for (const url of good) assertEquals(seriesUrl.parse(url), url);
  const refused: Record<string, string> = {
    "": "must start with sqlite: or influx:// or influxs://",
    "http://h:8181/gopool": "must start with",
    "influx://h:8181": "the database after the host",
    "influx://h:8181/": "the database after the host",
    "influx://h:8181/_internal": "the database after the host",
    "influx://h:8181/a/b": "the database after the host",
    [`influx://h/${"d".repeat(51)}`]: "at most 50",
    "influx://a,b/gopool": "must name one host",
    "influx://token@h/gopool": "GOPOOL_SERIES_TOKEN holds the token",
    "influx://h/gopool?org=x": 'must not have the parameter "org"',
    "sqlite:": "must have a file",
    "sqlite:/folder/": "must have a file",
  };
  for (const [url, words] of Object.entries(refused)) {
    assertThrows(() => seriesUrl.parse(url), SyntaxError, words, url);
  }
});

Deno.test("a process needs the file with its two companions, or the server", () => {
  assertEquals(
    seriesNeeds("sqlite:/var/a%20b/s.sqlite").map(({ kind, what }) => `${kind} ${what}`),
    ["", "-wal", "-shm"].flatMap((
      end,
    ) => [`read /var/a b/s.sqlite${end}`, `write /var/a b/s.sqlite${end}`]),
  );
  assertEquals(seriesNeeds("influx://db/gopool"), [{ kind: "connect", what: "db:8181" }]);
  assertEquals(seriesNeeds("influxs://[::1]:443/g"), [{ kind: "connect", what: "[::1]:443" }]);
});

Deno.test("the token is never shown, and may come from a file", () => {
  const env: Record<string, string> = {
    GOPOOL_SERIES_URL: "influx://db/gopool",
    GOPOOL_SERIES_TOKEN_FILE: "/run/secrets/series",
  };
  const from = { args: [], env: (name: string) => env[name], readFile: () => "apiv3_hush\n" };
  assertEquals(readConfig("test", seriesRows, from).seriesToken, "apiv3_hush");
  assertEquals(JSON.stringify(effective(seriesRows, from)).includes("hush"), false);
});

Deno.test("rows about the series that contradict each other are told", () => {
  assertEquals(
    seriesProblems({ seriesUrl: "influxs://db/g", seriesToken: "t", seriesCa: "/ca" }),
    [],
  );
  assertEquals(seriesProblems({ seriesToken: "t" }), []);
  assertStringIncludes(
    seriesProblems({ seriesUrl: "sqlite:s", seriesToken: "t" })[0]!,
    "GOPOOL_SERIES_TOKEN is set, but",
  );
  assertStringIncludes(
    seriesProblems({ seriesUrl: "influx://db/g", seriesCa: "/ca" })[0]!,
    "asks for no TLS",
  );
});
