import { assert, assertEquals } from "@std/assert";
import { parseSubmit, SubmitLine } from "./submit.ts";

const fine = ["w", "1", "0000000000000001", "68003ad1", "1f3"];

Deno.test("parseSubmit() fills the object it is given, and forgets version bits of the line before", () => {
  const out = new SubmitLine();
  assert(parseSubmit([...fine, "1FFFE000"], out).ok);
  assertEquals(out.versionBits, 0x1fffe000);
  const read = parseSubmit(fine, out);
  assert(read.ok && read.value === out);
  assertEquals(out.versionBits, -1);
});

Deno.test("parseSubmit() reads bits above 2^31 as an unsigned number, for the caller to refuse", () => {
  for (
    const [text, bits] of [["40000000", 0x40000000], ["80000000", 0x80000000], [
      "c0000000",
      0xc0000000,
    ]] as const
  ) {
    const read = parseSubmit([...fine, text]);
    assert(read.ok);
    assertEquals(read.value.versionBits, bits);
  }
});

const wrong: [string, readonly unknown[], string][] = [
  ["nothing", [], "submit takes 5 or 6 parameters"],
  ["a time of -1 and a nonce of 0", ["user", "1", "ab", -1, 0], "ntime must be 8 hex digits"],
  ["a nonce of 1.5", ["user", "1", "ab", "68003ad1", 1.5], "nonce must be 8 hex digits"],
  [
    "a number for a worker",
    [5, ...fine.slice(1)],
    "worker name must be text of at most 256 characters",
  ],
  [
    "a list for a job id",
    ["w", ["1"], ...fine.slice(2)],
    "job id must be text of at most 256 characters",
  ],
  ["extranonce2 that is no hex", ["w", "1", "xx", ...fine.slice(3)], "extranonce2 must be hex"],
  ["version bits that are no hex", [...fine, "xyz"], "version bits must be 8 hex digits"],
];
for (const [given, params, problem] of wrong) {
  Deno.test(`parseSubmit() names the problem given ${given}`, () => {
    assertEquals(parseSubmit(params), { ok: false, problem });
  });
}
