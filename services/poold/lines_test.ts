import { assertEquals, assertStringIncludes } from "@std/assert";
import { BlockFoundSchema, BlockOutcome, create } from "@gopool/proto";
import type { PartStatus } from "@gopool/runtime";
import { blockLine, coins, DifficultyTeller, statusLine } from "./lines.ts";
import { viewOf } from "./view_fixture.ts";

Deno.test("the status line of a pool that is well says what there is and leaves zeros out", () => {
  const { view } = viewOf({
    sessions: 1,
    height: 104,
    difficulty: { min: 0.000184, max: 0.000184 },
    shares: { accepted: 77, rejected: 0, stale: 0, notStored: 0, outcomeUnknown: 0 },
  }, { hashesPerSecond: 2_751_000 });
  assertEquals(
    statusLine(view),
    "height 104 | 1 miner (demo 2.75 MH/s) | difficulty 0.000184 | shares 77 accepted, 5 booked | blocks 3",
  );
});

Deno.test("after a restart the status line counts on from what the log had", () => {
  const { view } = viewOf();
  assertStringIncludes(
    statusLine({ ...view, past: { shares: 130, blocks: 4 } }),
    "shares 0 accepted, 5 booked (135 in the log) | blocks 3 (7 in the log)",
  );
});

Deno.test("the status line names what is wrong, parts that are down among it", () => {
  const board: PartStatus[] = [
    { part: "jobmanager", health: "down", detail: "restarting: no luck", sinceMs: 0 },
    { part: "node a:1", health: "degraded", detail: "Cannot reach a:1", sinceMs: 0 },
    { part: "stratumd", health: "ok", detail: "running", sinceMs: 0 },
  ];
  const { view } = viewOf(
    {
      sessions: 2,
      difficulty: { min: 1, max: 512 },
      shares: { accepted: 1, rejected: 2, stale: 3, notStored: 4, outcomeUnknown: 1 },
      waiting: 7,
      spooled: 1,
    },
    undefined,
    board,
  );
  assertEquals(
    statusLine(view),
    "height - | 2 miners | difficulty 1 to 512 | shares 1 accepted, 5 booked, 2 rejected, 3 stale, 5 not stored | " +
      "blocks 3 | 7 answers wait for the bus | candidates on their way: 1 | DOWN: jobmanager | troubled: node a:1",
  );
});

Deno.test("many parts in trouble are counted, not listed", () => {
  const board = Array.from({ length: 9 }, (_, i): PartStatus => (
    { part: `p${i}`, health: "down", detail: "", sinceMs: 0 }
  ));
  assertStringIncludes(
    statusLine(viewOf({}, undefined, board).view),
    "DOWN: p0, p1, p2, p3 and 5 more",
  );
});

Deno.test("a block's line names finder, fate and worth", () => {
  const facts = {
    height: 105,
    account: "bcrt1qvahhqmm0dsnhxgryv4kk7grdd9hx2u3pqxjhgg",
    worker: "demo",
    outputs: [{ sats: 5_000_000_000n }, { sats: 91_942n }, { sats: 0n }],
  };
  assertEquals(
    blockLine(create(BlockFoundSchema, { facts, outcome: BlockOutcome.ACCEPTED })),
    "Block 105 found by bcrt1qvahh…qxjhgg.demo is accepted: 50.00091942 BTC",
  );
  assertEquals(
    blockLine(create(BlockFoundSchema, {
      facts: { height: 7 },
      outcome: BlockOutcome.LOST,
      reason: "Buried: a:1 has another",
    })),
    "Block 7 found by nobody is LOST: Buried: a:1 has another",
  );
});

Deno.test("satoshis are written as coins to the last one", () => {
  assertEquals(
    [0n, 1n, 100_000_000n, 312_500_000n, 5_000_109_503n, 1_000_000_000_000n].map(coins),
    ["0", "0.00000001", "1", "3.125", "50.00109503", "10000"],
  );
});

Deno.test("the difficulty is told at the start and where it moved by half, not at each breath", () => {
  const teller = new DifficultyTeller();
  const at = (d: number) => ({ min: d, max: d });
  assertEquals(teller.take(null, 0), null);
  assertEquals(teller.take(at(0.001), 1_000), "Difficulty starts at 0.001");
  assertEquals(teller.take(at(0.0014), 60_000), null);
  assertEquals(teller.take(at(0.0016), 61_000), "Difficulty 0.001 -> 0.0016");
  assertEquals(teller.take(at(0.01), 62_000), null, "twice within seconds is noise");
  assertEquals(teller.take(at(0.01), 66_000), "Difficulty 0.0016 -> 0.01");
  assertEquals(teller.take({ min: 0.01, max: 64 }, 90_000), "Difficulty 0.01 -> 0.01 to 64");
});

Deno.test("a pool that all miners have left starts its tale again", () => {
  const teller = new DifficultyTeller();
  teller.take({ min: 1, max: 1 }, 0);
  assertEquals(teller.take(null, 1_000), null);
  assertEquals(teller.take({ min: 8, max: 8 }, 2_000), "Difficulty starts at 8");
});
