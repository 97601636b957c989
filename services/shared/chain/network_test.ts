import { assertEquals, assertThrows } from "@std/assert";
import { subsidies } from "@gopool/testing/vectors";
import {
  allowsEarlyEmptyJob,
  mayRetarget,
  networkFromCore,
  NETWORKS,
  subsidyAt,
} from "./network.ts";
import type { Sats } from "./units.ts";

Deno.test("subsidies halve every 210,000 blocks, on regtest every 150, down to nothing", () => {
  for (const [height, sats] of subsidies.main) {
    for (const network of ["main", "testnet3", "testnet4", "signet"] as const) {
      assertEquals(subsidyAt(network, height), BigInt(sats) as Sats, `${network} ${height}`);
    }
  }
  for (const [height, sats] of subsidies.regtest) {
    assertEquals(subsidyAt("regtest", height), BigInt(sats) as Sats, `regtest ${height}`);
  }
  assertEquals(subsidyAt("regtest", 0xffff_ffff), 0n as Sats);
  assertThrows(() => subsidyAt("main", -1), RangeError, "must be a whole number >= 0");
  assertThrows(() => subsidyAt("main", 0.5), RangeError);
});

Deno.test("all of mainnet's subsidies stay below 21 million bitcoin by the known amount", () => {
  let sum = 0n;
  for (let height = 0; height < 34 * 210_000; height += 210_000) {
    sum += 210_000n * subsidyAt("main", height);
  }
  assertEquals(sum, 2_099_999_997_690_000n);
});

Deno.test("networks are read from Bitcoin Core's names for them", () => {
  const names = ["main", "test", "testnet4", "signet", "regtest"];
  assertEquals(names.map(networkFromCore), [...NETWORKS]);
  for (const name of ["", "mainnet", "Main", "simnet", "toString"]) {
    assertThrows(() => networkFromCore(name), RangeError, "must be one of main, test, testnet4");
  }
});

Deno.test("an empty job goes out early only where the next bits are known", () => {
  assertEquals(allowsEarlyEmptyJob("main", 840_001), true);
  assertEquals(allowsEarlyEmptyJob("main", 840_000 - 840_000 % 2016), false);
  assertEquals(allowsEarlyEmptyJob("signet", 2016), false);
  assertEquals(allowsEarlyEmptyJob("signet", 2017), true);
  assertEquals(allowsEarlyEmptyJob("testnet3", 2_442_185), false);
  assertEquals(allowsEarlyEmptyJob("testnet4", 100_001), false);
});

Deno.test("regtest keeps its bits at Bitcoin Core's easiest target, and may change any others", () => {
  assertEquals(mayRetarget("regtest", 2016, 0x207f_ffff), false);
  assertEquals(mayRetarget("regtest", 101, 0x1f00_ffff), true);
  assertEquals(mayRetarget("regtest", 101), true);
});
