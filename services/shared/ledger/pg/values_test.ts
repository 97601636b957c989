import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { freshLedger } from "../fixture.ts";
import { parameter } from "./values.ts";

const MOST = 2n ** 63n - 1n;

Deno.test("what is written is read again as it was, of every type", async () => {
  await using ledger = await freshLedger();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const wide = 2n ** 300n + 1n;
  const values: readonly (readonly [type: string, value: unknown])[] = [
    ["bigint", MOST],
    ["bigint", -MOST - 1n],
    ["numeric", wide],
    ["numeric", -wide],
    ["numeric", 0n],
    ["integer", -2_147_483_648],
    ["smallint", 32_767],
    ["text", 'a "quoted" \\ text, {with} \' signs, NULL and ₿'],
    ["text", ""],
    ["boolean", true],
    ["bytea", bytes],
    ["bytea", new Uint8Array()],
    ["jsonb", { a: [1, "two", null, { deep: true }] }],
    ["bigint", null],
    ["bigint[]", [MOST, null, 0n, -1n]],
    ["numeric[]", [wide, null]],
    ["integer[]", [1, -2]],
    ["smallint[]", [0, 1]],
    ["text[]", ["a,b", '"', "\\", "NULL", "", null]],
    ["boolean[]", [true, false]],
    ["bytea[]", [bytes, null, new Uint8Array()]],
    ["bigint[]", []],
  ];
  for (const [type, value] of values) {
    const [row] = await ledger.transaction((tx) =>
      tx.query<{ value: unknown }>(`SELECT $1::${type} AS value`, [value])
    );
    assertEquals(row!.value, value, type);
  }
});

Deno.test("a part of a larger buffer is written as the part that it is", async () => {
  await using ledger = await freshLedger();
  const part = Uint8Array.from([1, 2, 3, 4, 5]).subarray(1, 3);
  const [row] = await ledger.transaction((tx) =>
    tx.query("SELECT $1::bytea AS one, $2::bytea[] AS many", [part, [part]])
  );
  assertEquals(row, { one: Uint8Array.of(2, 3), many: [Uint8Array.of(2, 3)] });
});

Deno.test("sums of whole numbers are whole, and a fraction is refused, not rounded", async () => {
  await using ledger = await freshLedger();
  const ask = (sql: string) => ledger.transaction((tx) => tx.query(sql));
  assertEquals(await ask("SELECT sum(x::bigint) AS n FROM generate_series(1, 3) AS x"), [{
    n: 6n,
  }]);
  assertEquals(await ask("SELECT 12.00::numeric(10, 2) AS n, div(7::numeric, 2) AS half"), [
    { n: 12n, half: 3n },
  ]);
  await assertRejects(() => ask("SELECT 7::numeric / 2 AS n"), RangeError, "use div()");
  await assertRejects(() => ask("SELECT ARRAY[0.5] AS n"), RangeError, "use div()");
  await assertRejects(() => ask("SELECT 'NaN'::numeric AS n"), RangeError, "whole numbers");
});

Deno.test("what no column can hold as it is, is refused before it is sent", () => {
  assertThrows(() => parameter(undefined), TypeError, "undefined");
  assertThrows(() => parameter([1, undefined]), TypeError, "undefined");
  assertThrows(() => parameter(NaN), TypeError, "NaN");
  assertThrows(() => parameter({ sats: 1n }), TypeError, "as text");
});
