import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  amount,
  amountTick,
  basisPoints,
  bitcoin,
  count,
  difficulty,
  double,
  percent,
  plain,
  shortened,
  speed,
  speedText,
  speedTick,
  whole,
} from "./format.ts";

const EN = "en";

Deno.test("a speed stands in the unit it reads best in", () => {
  const texts: [number, string][] = [
    [0, "0 H/s"],
    [0.25, "0.250 H/s"],
    [941, "941 H/s"],
    [88_200, "88.2 kH/s"],
    [1.2e12, "1.20 TH/s"],
    [999_960_000_000, "1.00 TH/s"],
    [312.44e15, "312 PH/s"],
    [1.05e21, "1.05 ZH/s"],
  ];
  for (const [value, text] of texts) assertEquals(speedText(value, EN), text);
});

Deno.test("a figure ends where its error's second digit does", () => {
  assertEquals(speed(312.4437e15, 2.1e15, EN), { figure: "312.4", error: "2.1", unit: "PH/s" });
  assertEquals(speed(312.4437e15, 0.057e15, EN), {
    figure: "312.444",
    error: "0.057",
    unit: "PH/s",
  });
  assertEquals(speed(196e12, 46.3e12, EN), { figure: "196", error: "46", unit: "TH/s" });
  // A share or two: the error is as large as the figure, and says so.
  assertEquals(speed(1.2e6, 1.2e6, EN), { figure: "1.2", error: "1.2", unit: "MH/s" });
  assertEquals(speed(5e6, 0, EN), { figure: "5.00", error: null, unit: "MH/s" });
});

Deno.test("a speed's figure never has more than four digits in front of its point", () => {
  fc.assert(fc.property(fc.double({ min: 1, max: 9e26, noNaN: true }), (value) => {
    const { figure } = speed(value, null, EN);
    assertEquals(figure.split(".")[0]!.replace(",", "").length <= 3, true, `${value}: ${figure}`);
  }));
});

Deno.test("an axis shows no digit that is none", () => {
  assertEquals([speedTick(4e6, EN), speedTick(2.5e12, EN)], ["4 MH/s", "2.5 TH/s"]);
  assertEquals([amountTick(50_000, EN), amountTick(20_000_000_000, EN)], [
    "50,000 sats",
    "200 BTC",
  ]);
});

Deno.test("difficulties keep the digits that say something", () => {
  const texts: [number, string][] = [
    [0, "0"],
    [0.00024414, "0.00024"],
    [1, "1"],
    [1024, "1.024 k"],
    [126.4e12, "126.4 T"],
  ];
  for (const [value, text] of texts) assertEquals(difficulty(value, EN), text);
});

Deno.test("money keeps every satoshi, in bitcoin and in satoshis", () => {
  assertEquals(bitcoin(12_345n, EN), "0.00012345");
  assertEquals(bitcoin(-312_500_000n, EN), "-3.12500000");
  assertEquals(bitcoin(2_100_000_000_000_001n, EN), "21,000,000.00000001");
  assertEquals(amount(1n, EN), { figure: "1", unit: "sat", other: "0.00000001 BTC" });
  assertEquals(amount(999_999n, EN), { figure: "999,999", unit: "sats", other: "0.00999999 BTC" });
  assertEquals(amount(1_000_000n, EN), {
    figure: "0.01000000",
    unit: "BTC",
    other: "1,000,000 sats",
  });
  assertEquals(amount(-5_000n, EN).figure, "-5,000");
});

Deno.test("bitcoin, its point taken out, is the satoshis again", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (sats) => {
    assertEquals(BigInt(bitcoin(sats, EN).replace(/[.,]/g, "")), sats);
  }));
});

Deno.test("what is not nothing is not 0 %, what is not all is not 100 %", () => {
  const texts: [number, string][] = [
    [0, "0%"],
    [0.000_004, "<0.01%"],
    [0.003_1, "0.31%"],
    [0.015, "1.5%"],
    [0.63, "63%"],
    [0.9963, "99.63%"],
    [1, "100%"],
    [2.414, "241%"],
  ];
  for (const [part, text] of texts) assertEquals(percent(part, EN), text);
  assertEquals(basisPoints(25, EN), "0.25%");
  assertEquals(basisPoints(100, EN), "1%");
});

Deno.test("counts, numbers, and what protobuf's JSON leaves out or writes as text", () => {
  assertEquals(count(18_446_744_073_709_551_615n, EN), "18,446,744,073,709,551,615");
  assertEquals([plain(0.832, EN), plain(14.23, EN), plain(1204.7, EN)], ["0.83", "14.2", "1,205"]);
  assertEquals([whole("9007199254740993"), whole(undefined)], [9_007_199_254_740_993n, 0n]);
  assertEquals([double("Infinity"), double(undefined)], [Infinity, 0]);
});

Deno.test("the middle of an address may go, a short one stays", () => {
  assertEquals(shortened("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), "bc1qw508…v8f3t4");
  assertEquals(shortened("bcrt1qshort"), "bcrt1qshort");
});
