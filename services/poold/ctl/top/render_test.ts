import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BlockState, BlockSummarySchema, create, ExplainedJobSchema } from "@gopool/proto/control";
import { screenOf, type Seen } from "./render.ts";

const NOTHING: Seen = {
  atMs: 1_700_000_000_000,
  services: [],
  miners: undefined,
  top: [],
  job: undefined,
  blocks: [],
  troubles: [],
};

const SEEN: Seen = {
  atMs: 1_700_000_000_000,
  services: [{ name: "stratumd", at: "127.0.0.1:8200", state: "working", lag: null }, {
    name: "shareproc",
    at: "127.0.0.1:8200",
    state: "drained",
    lag: 12n,
  }],
  miners: { sessions: 3, working: 2, hashesPerSecond: 2.5e12, accepted: 99n, refused: 1n },
  top: [{
    id: "a1",
    who: "bc1q.rig",
    userAgent: "cgminer/4.12",
    difficulty: 512,
    hashesPerSecond: 2e12,
    accepted: 90n,
    refused: 1n,
    lastShareAtMs: 1_699_999_999_000n,
  }],
  job: create(ExplainedJobSchema, { id: "0000000100000002", height: 840_000 }),
  blocks: [
    create(BlockSummarySchema, { height: 839_999, hash: "00".repeat(32), state: BlockState.LOST }),
  ],
  troubles: ["down for 5s: bus: the broker is away"],
};

Deno.test("the screen says hashrate, sessions, lag, troubles and the last blocks", () => {
  const text = screenOf(SEEN, 200).join("\n");
  for (
    const words of [
      "2.50 TH/s",
      "3 sessions, 2 at work; shares 99 accepted, 1 refused (1.00 %)",
      "0000000100000002 at height 840000",
      "shareproc  127.0.0.1:8200  drained  12",
      "! down for 5s: bus: the broker is away",
      "839999 0000000000…000000",
      "lost",
      "bc1q.rig",
      "1s ago",
    ]
  ) assertStringIncludes(text, words);
});

Deno.test("no line is longer than the terminal, nor are there more of them", () => {
  const lines = screenOf(SEEN, 40, 8);
  assertEquals(lines.length, 8);
  assert(lines.every((line) => line.length <= 40), lines.join("\n"));
});

Deno.test("a pool of which nothing is known yet has a screen", () => {
  const text = screenOf(NOTHING, 80).join("\n");
  assertStringIncludes(text, "miners: not known");
  assertStringIncludes(text, "job: none is out");
});
