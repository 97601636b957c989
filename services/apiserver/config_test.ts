import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigError, readChecked } from "@gopool/config";
import { settings } from "./config.ts";

const LEAST = {
  GOPOOL_BUS_URL: "memory:",
  GOPOOL_STATE_URL: "memory:",
  GOPOOL_SERIES_URL: "sqlite:./data/series.sqlite",
  GOPOOL_LEDGER_URL: "postgres://reader@127.0.0.1/books",
};

const read = (env: Record<string, string>) =>
  readChecked("apiserver", settings, {
    args: [],
    env: (name) => ({ ...LEAST, ...env } as Record<string, string>)[name],
  });

Deno.test("what is not said is safe: this machine alone, no proxy trusted, limits on", () => {
  const config = read({});
  assertEquals(config.apiListen, { host: "127.0.0.1", port: 8080 });
  assertEquals(config.apiTrustedProxies, []);
  assertEquals(config.apiOrigins, "*");
  assert(config.apiRate > 0 && config.apiBurst >= config.apiRate);
  assertEquals([config.apiStratumUrls, config.apiPayoutd], [undefined, undefined]);
});

Deno.test("lists are read whole", () => {
  const config = read({
    GOPOOL_API_ORIGINS: "https://a.example, http://localhost:3000",
    GOPOOL_API_TRUSTED_PROXIES: "10.0.0.0/8,::1",
    GOPOOL_API_STRATUM_URLS: "stratum+tcp://pool.example:3333,stratum+ssl://pool.example:4333",
  });
  assertEquals(config.apiOrigins, ["https://a.example", "http://localhost:3000"]);
  assertEquals(config.apiTrustedProxies.map(({ address, bits }) => `${address}/${bits}`), [
    "10.0.0.0/8",
    "::1/128",
  ]);
  assertEquals(config.apiStratumUrls?.length, 2);
});

Deno.test("mistakes and contradictions are told together, in sentences", () => {
  const error = assertThrows(
    () =>
      read({
        GOPOOL_API_ORIGINS: "https://a.example/path",
        GOPOOL_API_TRUSTED_PROXIES: "proxy.example",
        GOPOOL_API_STRATUM_URLS: "pool.example:3333",
        GOPOOL_API_RATE: "50",
        GOPOOL_API_BURST: "10",
        GOPOOL_API_PAYOUTD: "http://127.0.0.1:8206",
        GOPOOL_API_PAYOUTD_CA: "ca.pem",
        GOPOOL_API_NETWORK: "mainnet",
      }),
    ConfigError,
  );
  for (
    const words of [
      "must be origins such as https://stats.example:8443",
      "must be addresses or networks such as 10.0.0.0/8",
      "must be such as stratum+tcp://pool.example:3333",
      "GOPOOL_API_RATE=50 is above GOPOOL_API_BURST=10",
      "GOPOOL_API_PAYOUTD needs GOPOOL_API_PAYOUTD_TOKEN",
      "GOPOOL_API_PAYOUTD_CA is set, but GOPOOL_API_PAYOUTD asks for no TLS",
      "must be main or testnet3",
    ]
  ) assertStringIncludes(error.message, words);
});

Deno.test("a token without a place to show it is a mistake, and is never printed", () => {
  const error = assertThrows(
    () => read({ GOPOOL_API_PAYOUTD_TOKEN: "a-very-secret-token" }),
    ConfigError,
    "GOPOOL_API_PAYOUTD is missing",
  );
  assert(!error.message.includes("a-very-secret-token"));
});
