import { assert, assertEquals } from "@std/assert";
import { Reason } from "@gopool/proto";
import { isStale, stratumError } from "./reasons.ts";

const ALL = Object.values(Reason).filter((r): r is Reason => typeof r === "number");

Deno.test("every reason has a code from 20 to 25 and a text without line breaks or quotes", () => {
  for (const reason of ALL) {
    const { code, text } = stratumError(reason);
    assert(code >= 20 && code <= 25);
    assert(/^[\w ,:/]+$/.test(text), text);
  }
  assertEquals(stratumError(999 as Reason).code, 20);
});

Deno.test("codes are the ones that stand beside the reasons in share.proto", () => {
  const code = (reason: Reason) => stratumError(reason).code;
  assertEquals(code(Reason.UNKNOWN_JOB), 21);
  assertEquals(code(Reason.STALE_PREVIOUS_BLOCK), 21);
  assertEquals(code(Reason.STALE_JOB), 21);
  assertEquals(code(Reason.DUPLICATE), 22);
  assertEquals(code(Reason.LOW_DIFFICULTY), 23);
  assertEquals(code(Reason.UNAUTHORIZED), 24);
  assertEquals(code(Reason.NOT_SUBSCRIBED), 25);
});

Deno.test("isStale() names the two that came too late, and an unknown job is not one of them", () => {
  assertEquals(ALL.filter(isStale), [Reason.STALE_PREVIOUS_BLOCK, Reason.STALE_JOB]);
});
