import { assertEquals } from "@std/assert";
import { dayText, lastDays, moment, relative, span } from "./times.ts";

const EN = "en";

Deno.test("times are told in their largest unit, both ways", () => {
  const now = Date.UTC(2026, 10, 23, 12);
  const texts: [seconds: number, string][] = [
    [0, "now"],
    [-1, "now"],
    [-2, "2 seconds ago"],
    [-59, "59 seconds ago"],
    [-61, "1 minute ago"],
    [-7300, "2 hours ago"],
    [-100_000, "1 day ago"],
    [86_400 * 3, "in 3 days"],
  ];
  for (const [seconds, text] of texts) assertEquals(relative(now + seconds * 1000, now, EN), text);
});

Deno.test("spans are told in their two largest units, large ones in one", () => {
  const texts: [seconds: number, string][] = [
    [0.4, "0.4 s"],
    [48, "48 s"],
    [60, "1 min"],
    [90, "1 min 30 s"],
    [15_120, "4 h 12 min"],
    [3600, "1 h"],
    [93_600, "1 d 2 h"],
    [86_400 * 12 + 3600, "12 d"],
    [86_400 * 400, "1 y 34 d"],
    [87_400_000_000, "2,769 y"],
    [Infinity, "never"],
  ];
  for (const [seconds, text] of texts) assertEquals(span(seconds, EN), text);
});

Deno.test("a day of UTC is that day wherever it is read", () => {
  assertEquals(dayText("2026-11-23", EN), "Mon, Nov 23");
  assertEquals(dayText("no day", EN), "no day");
});

Deno.test("the last days end with today, over the ends of months", () => {
  assertEquals(lastDays(3, Date.UTC(2026, 2, 1, 23)), ["2026-02-27", "2026-02-28", "2026-03-01"]);
});

Deno.test("no moment is read from nothing", () => {
  assertEquals([moment(undefined), moment(""), moment("soon")], [null, null, null]);
  assertEquals(moment("2026-11-23T12:00:00.5Z")?.getTime(), Date.UTC(2026, 10, 23, 12, 0, 0, 500));
});
