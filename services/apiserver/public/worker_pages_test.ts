import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { BadToken, placeOf, tokenOf } from "./worker_pages.ts";

Deno.test("a page's token leads back to its place, whatever a worker is called", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 1e8 }),
    fc.integer({ min: 1 }),
    fc.string({ unit: "binary", maxLength: 256 }),
    (minute, lastMs, worker) => {
      // A lone surrogate is no text: no worker of a record has one.
      if (!worker.isWellFormed()) return;
      const place = { untilMs: minute * 60_000, lastMs, worker };
      const token = tokenOf(place);
      assertEquals(placeOf(token), place);
      assertEquals(/^[\w-]{1,4096}$/.test(token), true);
    },
  ));
});

for (
  const [name, token] of [
    ["no base64", "&&&"],
    ["no JSON", btoa("[1")],
    ["no array", btoa('{"a":1}')],
    ["a time that is none", btoa('[-60000,1,"rig1"]')],
    ["an end within a minute", btoa('[60001,1,"rig1"]')],
    ["a name that is none", btoa("[60000,1,7]")],
  ] as const
) {
  Deno.test(`a token is refused in a sentence given ${name}`, () => {
    assertThrows(() => placeOf(token), BadToken, "must be next_page_token of the page before");
  });
}
