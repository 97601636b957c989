/**
 * The worked figures of README.md, read from the page itself and computed again.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { SchemeName } from "../schemes/mod.ts";
import { carried, PART_BITS } from "./earnings.ts";
import { expectedFees } from "./expected_fees.ts";
import { claimsTo, type Done, type Found, type InForce } from "./history_fixture.ts";
import { type Rates, schemeOf, splitBlock } from "./mod.ts";

type Row = Record<string, string>;
/** A section: its title, and its tables by the name of their first column. */
interface Section {
  readonly title: string;
  readonly tables: ReadonlyMap<string, Row[]>;
}

const page = await Deno.readTextFile(new URL("./README.md", import.meta.url));
const sections: Section[] = page.split("## Worked figures\n")[1]!.split("\n### ").slice(1).map(
  (text) => {
    const tables = new Map<string, Row[]>();
    for (const [table] of text.matchAll(/(?:^\|.*\|\n)+/gm)) {
      const [head, , ...rows] = table.trim().split("\n").map((line) =>
        line.slice(1, -1).split("|").map((cell) => cell.trim())
      );
      const named = rows.map((row) => Object.fromEntries(row.map((cell, at) => [head![at], cell])));
      tables.set(head![0]!, named);
    }
    return { title: text.split("\n")[0]!, tables };
  },
);

const whole = (text: string) => BigInt(text.replaceAll(",", ""));
const list = (text: string) => text.split(", ").map((part) => BigInt(part));
const hundredths = (percent: string) => Math.round(Number(percent) * 100);
const ratesIn = (rows: readonly Row[]): Map<string, Rates> =>
  new Map(rows.map((row) => [row["account"]!, {
    feeBasisPoints: hundredths(row["fee %"]!),
    donationBasisPoints: hundredths(row["donation %"]!),
  }]));

/** What is computed, in the words of the page's tables. */
function computed(given: Row, shares: readonly Row[], rates: ReadonlyMap<string, Rates>) {
  const inForce: InForce = {
    scheme: schemeOf(given["scheme"] as SchemeName),
    params: { windowThousandths: Math.round(Number(given["X"]) * 1000) },
    rates,
  };
  const before = given["block before in minute"];
  const found: Found = {
    minute: Number(given["T in minute"]),
    minuteBefore: before === undefined ? null : Number(before),
    finder: given["finder"] === "nobody" ? null : given["finder"]!,
    value: whole(given["value"]!),
  };
  const done: Done[] = shares.map((row) => ({
    account: row["account"]!,
    minute: Number(row["minute"]),
    nbits: parseInt(row["nBits"]!, 16),
    work: whole(row["work"]!),
  }));
  const claims = claimsTo(found, done, inForce);
  const split = splitBlock(found.value, claims);
  return {
    credits: split.credits.map(({ account, weight, sats }) => ({ account, weight, sats })),
    own: [split.feeSats, split.donationSats, split.reserveSats, split.unclaimedSats],
    weight: claims.basis.weight,
  };
}

for (const { title, tables } of sections) {
  const [given] = tables.get("scheme") ?? [];
  if (given === undefined) continue;
  Deno.test(`README, "${title}": the split is as computed by hand`, () => {
    const wanted = tables.get("account") ?? [];
    const [own] = tables.get("fee")!;
    const found = computed(given, tables.get("minute") ?? [], ratesIn(wanted));
    assertEquals(
      found.credits,
      wanted.map((row) => ({
        account: row["account"]!,
        weight: whole(row["weight"]!),
        sats: whole(row["credit"]!),
      })),
    );
    assertEquals(found.own, Object.values(own!).map(whole));
    // The page itself adds up.
    const all = [...wanted.map((row) => row["credit"]!), ...Object.values(own!)].map(whole);
    assertEquals(all.reduce((sum, sats) => sum + sats), whole(given["value"]!));
    const weight = wanted.reduce((sum, row) => sum + whole(row["weight"]!), 0n);
    assertEquals(found.weight, String(weight));
  });
}

for (const { title, tables } of sections) {
  const [given] = tables.get("pays by") ?? [];
  if (given === undefined) continue;
  Deno.test(`README, "${title}": every minute pays what was computed by hand`, () => {
    const rows = tables.get("account")!;
    const rates = ratesIn(rows);
    const { earn } = schemeOf(given["pays by"] as SchemeName);
    const work = rows.map((row) => ({
      account: row["account"]!,
      nbits: parseInt(row["nBits"]!, 16),
      subsidy: whole(given["subsidy"]!),
      work: whole(row["work each minute"]!),
    }));
    const carries = new Map<string, bigint>();
    const paid = new Map<string, bigint[]>();
    const pay = (name: string, parts: bigint) => {
      const { sats, carry } = carried(carries.get(name) ?? 0n, parts);
      carries.set(name, carry);
      paid.set(name, [...paid.get(name) ?? [], sats]);
    };
    for (let minute = 0; minute < Number(given["minutes"]); minute++) {
      const { earnings, donationParts } = earn!(work, whole(given["F"]!), (one) => rates.get(one)!);
      for (const { account, parts } of earnings) pay(account, parts);
      pay("donation", donationParts);
    }
    for (const row of rows) assertEquals(paid.get(row["account"]!), list(row["credits"]!));
    assertEquals(paid.get("donation"), list(tables.get("donations")![0]!["donations"]!));
    for (const carry of carries.values()) assert(carry >= 0n && carry < 1n << PART_BITS);
  });
}

Deno.test("README: F is as computed by hand", () => {
  const rows = sections.find(({ title }) => title === "F")!.tables.get("fees of blocks")!;
  assertEquals(rows.length, 3);
  for (const row of rows) {
    assertEquals(expectedFees(list(row["fees of blocks"]!)), whole(row["F"]!));
  }
});

Deno.test("every scheme has worked figures", () => {
  const named = sections.flatMap(({ tables }) =>
    ["scheme", "pays by"].flatMap((head) => tables.get(head)?.map((row) => row[head]!) ?? [])
  );
  assertEquals([...new Set(named)].sort(), ["fpps", "pplns", "pps", "prop", "solo"]);
});
