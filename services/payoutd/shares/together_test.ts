import { assertEquals, assertRejects } from "@std/assert";
import { Together } from "./together.ts";

Deno.test("who asks while work is under way is answered together, in order, once", async () => {
  const goes: number[][] = [];
  const together = new Together<number, number>(async (questions) => {
    goes.push([...questions]);
    await Promise.resolve();
    return questions.map((question) => question * 10);
  });
  const answers = await Promise.all([1, 2, 3].map((n) => together.ask(n)));
  const more = await Promise.all([4, 5].map((n) => together.ask(n)));
  assertEquals([answers, more], [[10, 20, 30], [40, 50]]);
  assertEquals(goes, [[1, 2, 3], [4, 5]]);
});

Deno.test("one that cannot be answered does not keep others from their answers", async () => {
  const together = new Together<number, number>((questions) =>
    questions.includes(2) ? Promise.reject(new Error("not 2")) : Promise.resolve([...questions])
  );
  const asked = [1, 2, 3].map((n) => together.ask(n));
  await assertRejects(() => asked[1]!, Error, "not 2");
  assertEquals([await asked[0], await asked[2], await together.ask(4)], [1, 3, 4]);
});
