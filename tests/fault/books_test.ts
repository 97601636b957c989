import { assertEquals } from "@std/assert";
import { compare, owedBlocks } from "./books.ts";
import type { Submitted } from "./ledger_of_answers.ts";

function share(hash: string, told: Submitted["told"], more: Partial<Submitted> = {}): Submitted {
  return { hash, told, candidate: false, reason: told === "refused" ? "stale" : "", ...more };
}

Deno.test("books that fit what the miners were told have no faults", () => {
  const answers = [share("a", "true"), share("b", "refused"), share("c", "none")];
  assertEquals(compare([...answers, share("d", "unknown"), share("e", "none")], ["a", "c", "d"]), {
    submitted: 5,
    told: { true: 1, refused: 1, unknown: 1, none: 2 },
    reasons: { stale: 1 },
    counted: 3,
    untold: 2,
    lost: [],
    doubled: [],
    strange: [],
    mute: [],
  });
});

Deno.test("each fault of the books is named", () => {
  const answers = [
    share("lost", "true"),
    share("twice", "true"),
    share("refused", "refused"),
    share("mute", "refused", { reason: "" }),
  ];
  const { lost, doubled, strange, mute } = compare(answers, [
    "twice",
    "refused",
    "twice",
    "nobody's",
  ]);
  assertEquals({ lost, doubled, strange, mute }, {
    lost: ["lost"],
    doubled: ["twice"],
    strange: ["refused", "nobody's"],
    mute: ["mute"],
  });
});

Deno.test("a block is owed where it was answered, whatever the answer, and where it is counted", () => {
  const candidate = true;
  const answers = [
    share("true", "true", { candidate }),
    share("refused", "refused", { candidate }),
    share("silent", "none", { candidate }),
    share("counted", "none", { candidate }),
    share("share", "true"),
  ];
  assertEquals(owedBlocks(answers, ["true", "counted", "share"]), ["true", "refused", "counted"]);
});
