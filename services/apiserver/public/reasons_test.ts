import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Reason } from "@gopool/proto";
import { explanationOf, reasonName } from "./reasons.ts";

const ALL = Object.values(Reason).filter((one) => typeof one === "number");

Deno.test("every reason has a name of its own, a title and a sentence for the miner", () => {
  const reasons = ALL.filter((one) => one !== Reason.UNSPECIFIED);
  const names = new Set(reasons.map(reasonName));
  assertEquals(names.size, reasons.length);
  for (const name of names) {
    const { title, explained } = explanationOf(name);
    assertNotEquals(title, explanationOf("none of them").title, name);
    assert(title.length <= 30, title);
    assert(/^[A-Z].+\.$/.test(explained), explained);
  }
});

Deno.test("a reason is named in small letters with dashes", () => {
  assertEquals(reasonName(Reason.LOW_DIFFICULTY), "low-difficulty");
  assertEquals(reasonName(Reason.STALE_PREVIOUS_BLOCK), "stale-previous-block");
});

Deno.test("a reason that this build does not know is explained as another one", () => {
  assertEquals(explanationOf("of tomorrow").title, "Other");
  assertEquals(explanationOf("constructor").title, "Other");
});
