import { assertEquals } from "@std/assert";
import { fromHex } from "@gopool/chain";
import type { Payee } from "./deps.ts";
import { eligible } from "./eligible.ts";

const SCRIPT = fromHex(`0014${"11".repeat(20)}`);

Deno.test("an account is due at its threshold; one that cannot be paid is set aside with the reason, and the rest are paid", () => {
  const payees = new Map<string, Payee | string>([
    ["due", { script: SCRIPT, threshold: 1_000n }],
    ["early", { script: SCRIPT, threshold: 1_001n }],
    ["odd", { script: fromHex("6a"), threshold: 1n }],
    ["dust", { script: SCRIPT, threshold: 1n }],
    ["told", "its address was typed by a cat"],
    ["carried", { script: SCRIPT, threshold: 1n }],
  ]);
  const balance = (account: number, name: string, sats: bigint) => ({ account, name, sats });
  const { lines, asides } = eligible(
    [
      balance(1, "told", 5_000n),
      balance(2, "early", 1_000n),
      balance(3, "odd", 5_000n),
      balance(4, "dust", 293n),
      balance(5, "carried", 5_000n),
      balance(6, "nobody", 5_000n),
      balance(8, "nobody", 4_999n),
      balance(7, "due", 1_000n),
    ],
    payees,
    new Set([5]),
    { network: "regtest", thresholdSats: 5_000n },
  );
  assertEquals(lines.map(({ account }) => account), [7]);
  assertEquals(asides, [
    { account: 1, reason: "its address was typed by a cat" },
    {
      account: 3,
      reason: "its payout script is none of an address: nodes would not relay the payment",
    },
    { account: 4, reason: "its 293 sats are dust: nodes relay 294 and more to its script" },
    { account: 6, reason: "nobody knows where to pay it" },
  ]);
});

Deno.test("usual addresses are paid; what no rule of today guards is set aside", () => {
  const scripts = [
    `76a914${"33".repeat(20)}88ac`,
    `a914${"44".repeat(20)}87`,
    `0014${"11".repeat(20)}`,
    `0020${"55".repeat(32)}`,
    `5120${"22".repeat(32)}`,
    // Pay to anchor, taproot's version with another length, versions 2 and 16.
    "51024e73",
    `5114${"22".repeat(20)}`,
    `5220${"22".repeat(32)}`,
    `6002${"22".repeat(2)}`,
  ].map(fromHex);
  const payees = new Map(scripts.map((script, i) => [`a${i}`, { script, threshold: 1n }]));
  const balances = scripts.map((_, i) => ({ account: i, name: `a${i}`, sats: 1_000n }));
  const rules = { network: "regtest", thresholdSats: 1n } as const;
  const { lines, asides } = eligible(balances, payees, new Set(), rules);
  assertEquals(lines.map(({ account }) => account), [0, 1, 2, 3, 4]);
  assertEquals(asides.map(({ account }) => account), [5, 6, 7, 8]);
});
