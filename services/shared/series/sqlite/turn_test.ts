import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { nextTurn } from "./turn.ts";

const looked = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("however many wait, one goes on in a turn, in their order", async () => {
  const gone: number[] = [];
  const all = [0, 1, 2].map(async (i) => {
    await nextTurn();
    gone.push(i);
    await nextTurn();
    gone.push(10 + i);
  });
  for (let turn = 1; turn <= 6; turn++) {
    await looked();
    assertEquals(gone.length, turn);
  }
  await Promise.all(all);
  assertEquals(gone, [0, 1, 2, 10, 11, 12]);
});
