import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { Interner } from "./intern.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("Interner gives the string of a range, and nothing for bytes a string may not show as they are", () => {
  const table = new Interner(4);
  assertEquals(table.get(bytes('["bc1qx.rig"]'), 2, 11), "bc1qx.rig");
  assertEquals(table.get(bytes(""), 0, 0), "");
  for (const odd of ['a"', "a\\", "a\n", "a\x7f", "ü"]) {
    assertEquals(table.get(bytes(odd), 0, bytes(odd).length), undefined);
  }
});

Deno.test("Interner keeps names apart that share a slot", () => {
  const table = new Interner(1);
  for (const name of ["a", "b", "ab", "a", "", "b"]) {
    assertStrictEquals(table.get(bytes(name), 0, name.length), name);
  }
});

Deno.test("Interner keeps its own copy: the next line in a node Buffer changes nothing", () => {
  // slice() of a Buffer is a window on it, unlike that of every other Uint8Array.
  const chunk = Buffer.from("worker-1");
  const table = new Interner(1);
  assertEquals(table.get(chunk, 0, 8), "worker-1");
  chunk.write("worker-2");
  assertEquals(table.get(chunk, 0, 8), "worker-2");
  assertEquals(table.get(bytes("worker-1"), 0, 8), "worker-1");
});

Deno.test("Interner throws RangeError for a table that no mask fits", () => {
  for (const slots of [0, 3, -4]) assertThrows(() => new Interner(slots), RangeError);
});
