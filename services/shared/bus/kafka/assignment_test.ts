import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { assign, type Claim, decodeClaim, encodeClaim } from "./assignment.ts";

const claim = (member: string, owned: number[], generation = 1): Claim => ({
  member,
  owned,
  generation,
});

Deno.test("a lone member gets everything, and a second one nothing that the first still works on", () => {
  assertEquals(assign(4, [claim("a", [])]).get("a"), [0, 1, 2, 3]);
  const first = assign(4, [claim("a", [0, 1, 2, 3]), claim("b", [])]);
  assertEquals([first.get("a"), first.get("b")], [[0, 1], []]);
  // It has given them back and joins again.
  const second = assign(4, [claim("a", [0, 1]), claim("b", [])]);
  assertEquals([second.get("a"), second.get("b")], [[0, 1], [2, 3]]);
});

Deno.test("of two who claim a partition the one of the later generation keeps it, the other gives it up", () => {
  const shares = assign(2, [claim("a", [0, 1], 3), claim("b", [0], 7)]);
  assertEquals([shares.get("a"), shares.get("b")], [[1], [0]]);
});

Deno.test("whatever members claim, repeated rounds give every partition to exactly one, evenly", () => {
  const claims = fc.array(
    fc.record({
      owned: fc.uniqueArray(fc.nat(11), { maxLength: 12 }),
      generation: fc.integer({ min: -1, max: 5 }),
    }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(fc.property(claims, fc.integer({ min: 1, max: 12 }), (all, partitions) => {
    let members: Claim[] = all.map((one, i) => ({ ...one, member: `m${i}` }));
    for (let round = 0; round < 3; round += 1) {
      const shares = assign(partitions, members);
      const given = [...shares.values()].flat();
      assertEquals(new Set(given).size, given.length);
      for (const [member, share] of shares) {
        for (const partition of share) {
          const others = members.filter((m) => m.member !== member && m.owned.includes(partition));
          const mine = members.find((m) => m.member === member)!;
          assert(
            others.length === 0 ||
              (mine.owned.includes(partition) &&
                others.every((other) => other.generation <= mine.generation)),
          );
        }
      }
      members = members.map(({ member }) => claim(member, shares.get(member)!, round + 10));
    }
    const final = assign(partitions, members);
    assertEquals([...final.values()].flat().toSorted((a, b) => a - b), [
      ...Array(partitions).keys(),
    ]);
    const sizes = [...final.values()].map((share) => share.length);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }));
});

Deno.test("a claim comes back as it was sent, and nonsense claims nothing", () => {
  const sent = { owned: [3, 1], generation: 9 };
  assertEquals(decodeClaim("a", encodeClaim(sent)), { member: "a", ...sent });
  for (const text of ["", "{", "[]", '{"owned":["x"],"generation":1}', "null"]) {
    assertEquals(decodeClaim("a", new TextEncoder().encode(text)).owned, []);
  }
});
