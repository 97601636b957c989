import fc from "@gopool/testing/fc";
import { assertEquals } from "@std/assert";
import { type Answer, AnswerQueue } from "./answers.ts";

Deno.test("nothing waits: an answer may go right away, and an idle queue holds nothing", () => {
  const queue = new AnswerQueue();
  assertEquals([queue.enqueue("x"), queue.take(), queue.length], [false, "", 0]);
});

Deno.test("property: whatever the order answers become known in, they go out in the order asked", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom("later", "now", "settle first", "settle last", "take"), {
      maxLength: 300,
    }),
    (moves) => {
      const queue = new AnswerQueue();
      const open: Answer[] = [];
      let asked = 0;
      let out = "";
      const settle = (answer: Answer | undefined) => {
        if (answer !== undefined) answer.line = `${answer.rawId};`;
      };
      for (const move of moves) {
        if (move === "later") open.push(queue.open(String(asked++)));
        else if (move === "now") {
          const line = `${asked++};`;
          if (!queue.enqueue(line)) out += line;
        } else if (move === "settle first") settle(open.shift());
        else if (move === "settle last") settle(open.pop());
        else out += queue.take();
      }
      open.forEach(settle);
      out += queue.take();
      assertEquals(out, Array.from({ length: asked }, (_, i) => `${i};`).join(""));
      assertEquals(queue.length, 0);
    },
  ));
});
