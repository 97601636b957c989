import { assert, assertEquals } from "@std/assert";
import * as vectors from "./vectors.ts";

Deno.test("every recorded share and template names where it comes from", () => {
  for (const list of [vectors.shares, vectors.templates, vectors.headers]) {
    for (const { name, source } of list) assert(source.length > 10, name);
  }
  const { merkle, difficulty, bip54, addresses, wire, sv2, genesis, block100000 } = vectors;
  for (const file of [merkle, difficulty, bip54, addresses, wire, sv2, genesis, block100000]) {
    assert(file.source.length > 10);
  }
});

Deno.test("recorded templates and notifies belong together", () => {
  for (const { name, notify, bits, version, curtime } of vectors.templates) {
    assertEquals(notify.length, 9, name);
    assertEquals([notify[6], notify[5]], [bits, version.toString(16)], name);
    assert(Math.abs(Number.parseInt(notify[7], 16) - curtime) < 7200, name);
  }
});

Deno.test("lines of miners and pools are JSON objects", () => {
  for (const { line, source } of [...vectors.wire.fromMiners, ...vectors.wire.fromPools]) {
    assertEquals(typeof JSON.parse(line), "object", source);
  }
});
