import { assert, assertEquals } from "@std/assert";
import { Conduct } from "./conduct.ts";
import { BAD_LINES_MAX, INVALID_STREAK_MIN } from "./limits.ts";

Deno.test("nobody is dropped for a few bad shares, however long ago the last good one was", () => {
  const conduct = new Conduct();
  for (let i = 1; i < INVALID_STREAK_MIN; i++) conduct.invalid(0);
  assertEquals(conduct.escalation(10_000_000), "none");
});

Deno.test("nothing but invalid shares: told again, asked to reconnect, closed, each said once", () => {
  const conduct = new Conduct();
  for (let i = 0; i < INVALID_STREAK_MIN; i++) conduct.invalid(i);
  const said = [30, 60, 61, 120, 121, 180].map((s) => conduct.escalation(s * 1000));
  assertEquals(said, ["none", "resend", "none", "reconnect", "none", "close"]);
});

Deno.test("one good share ends it", () => {
  const conduct = new Conduct();
  for (let i = 0; i < INVALID_STREAK_MIN; i++) conduct.invalid(0);
  conduct.good();
  conduct.invalid(100_000);
  assertEquals(conduct.escalation(500_000), "none");
});

Deno.test("bad lines count only in a row", () => {
  const conduct = new Conduct();
  for (let i = 0; i < BAD_LINES_MAX; i++) assert(!conduct.badLine());
  conduct.goodLine();
  for (let i = 0; i < BAD_LINES_MAX; i++) assert(!conduct.badLine());
  assert(conduct.badLine());
});

Deno.test("ten refused shares a second are listed", () => {
  const conduct = new Conduct();
  const listed = (atMs: number) =>
    Array.from({ length: 30 }, () => conduct.mayList(atMs)).filter(Boolean).length;
  assertEquals([listed(0), listed(999), listed(1000)], [10, 0, 10]);
});
