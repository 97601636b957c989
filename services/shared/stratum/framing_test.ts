import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { LineSplitter } from "./framing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (buf: Uint8Array, start: number, end: number) =>
  new TextDecoder().decode(buf.subarray(start, end));

/** Feeds pieces, collects lines. */
function split(max: number, ...pieces: string[]): { lines: string[]; ends: string[] } {
  const splitter = new LineSplitter(max);
  const lines: string[] = [];
  const ends = pieces.map((piece) =>
    splitter.push(bytes(piece), (buf, start, end) => lines.push(text(buf, start, end)))
  );
  return { lines, ends };
}

Deno.test("LineSplitter hands on each line of a chunk, in place", () => {
  const chunk = bytes('{"id":1}\n{"id":2}\n');
  const seen: [boolean, number, number][] = [];
  new LineSplitter(100).push(
    chunk,
    (buf, start, end) => seen.push([buf.buffer === chunk.buffer, start, end]),
  );
  assertEquals(seen, [[true, 0, 8], [true, 9, 17]]);
});

Deno.test("LineSplitter puts a line together that comes a byte at a time", () => {
  const whole = "a line, then\nanother\r\nrest";
  const { lines, ends } = split(100, ...whole);
  assertEquals(lines, ["a line, then", "another"]);
  assertEquals(new Set(ends), new Set(["ok"]));
});

Deno.test("LineSplitter drops \\r before \\n, even in the next chunk, and skips empty lines", () => {
  assertEquals(split(100, "a\r", "\nb\r\n\r\n\n\r\r\n", "c\n").lines, ["a", "b", "c"]);
});

Deno.test("LineSplitter takes a line of the longest length with either end, whole or in pieces", () => {
  assertEquals(split(4, "abcd\r\nefgh\n"), { lines: ["abcd", "efgh"], ends: ["ok"] });
  assertEquals(split(4, "ab", "cd", "\r", "\n"), {
    lines: ["abcd"],
    ends: ["ok", "ok", "ok", "ok"],
  });
});

Deno.test("LineSplitter says too-long for one byte more, and hands on nothing after it", () => {
  assertEquals(split(4, "ok\nabcde\nok\n", "ok\n"), {
    lines: ["ok"],
    ends: ["too-long", "too-long"],
  });
  assertEquals(split(4, "abcde", "\n"), { lines: [], ends: ["ok", "too-long"] });
  assertEquals(split(4, "abcdef"), { lines: [], ends: ["too-long"] });
  assertEquals(split(4, "abc", "def"), { lines: [], ends: ["ok", "too-long"] });
});

Deno.test("LineSplitter holds nothing between whole lines", () => {
  const splitter = new LineSplitter(100);
  splitter.push(bytes("half"), () => {});
  assertEquals(splitter.pendingBytes, 4);
  splitter.push(bytes(" a line\n"), () => {});
  assertEquals(splitter.pendingBytes, 0);
});

Deno.test("LineSplitter finds the same lines however the bytes are cut", () => {
  const piece = fc.stringMatching(/^[ab\r\n]{0,12}$/);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const whole = pieces.join("");
      const wanted = whole.split("\n").slice(0, -1).map((line) => line.replace(/\r+$/, ""))
        .filter((line) => line !== "");
      assertEquals(split(1000, ...pieces).lines, wanted);
    }),
    { numRuns: 300 },
  );
});
