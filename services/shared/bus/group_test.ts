import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "@gopool/testing/fc";
import { shareOut } from "./group.ts";

Deno.test("shareOut() moves as few partitions as a fair share allows", () => {
  assertEquals(shareOut([undefined, undefined, undefined, undefined], ["a"]), ["a", "a", "a", "a"]);
  assertEquals(shareOut(["a", "a", "a", "a"], ["a", "b"]), ["a", "a", "b", "b"]);
  assertEquals(shareOut(["a", "a", "b", "b"], ["a", "b", "c"]), ["a", "a", "b", "c"]);
  assertEquals(shareOut(["a", "a", "b", "c"], ["b", "c"]), ["b", "c", "b", "c"]);
  assertEquals(shareOut(["a"], ["a", "b", "c"]), ["a"]);
  assertEquals(shareOut(["a", "b"], []), []);
});

Deno.test("shareOut() gives every partition a member, and no member two more than another", () => {
  const names = ["a", "b", "c", "d", "e"];
  const owners = fc.array(fc.option(fc.constantFrom(...names), { nil: undefined }), {
    maxLength: 20,
  });
  fc.assert(fc.property(owners, fc.subarray(names, { minLength: 1 }), (before, members) => {
    const after = shareOut(before, members);
    assertEquals(after.length, before.length);
    const counts = members.map((member) => after.filter((owner) => owner === member).length);
    assertEquals(counts.reduce((a, b) => a + b), before.length);
    assertLessOrEqual(Math.max(...counts) - Math.min(...counts), 1);
    // Sharing out again what is shared out moves nothing.
    assertEquals(shareOut(after, members), after);
    const most = Math.ceil(before.length / members.length);
    for (const member of members) {
      const had = before.filter((owner) => owner === member).length;
      const kept = before.filter((owner, i) => owner === member && after[i] === member).length;
      assert(kept >= Math.min(had, Math.floor(before.length / members.length)) && kept <= most);
    }
  }));
});
