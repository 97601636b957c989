import { assertEquals } from "@std/assert";
import { captureLog, FakeClock, settle } from "@gopool/testing";
import { type Follow, keepFollowing } from "./lane.ts";
import { aborted } from "./service.ts";
import { createStatusBoard } from "./status_board.ts";

const trouble = { topic: "some.topic", group: "", offset: 3, error: new Error("overtaken") };

Deno.test("keepFollowing() begins anew after a fault, and only then", async () => {
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const { log, having } = captureLog();
  const stop = new AbortController();
  const lanes: Follow[] = [];
  let ready = 0;
  const following = keepFollowing({ clock, log, board }, "lane", stop.signal, (lane) => {
    lanes.push(lane);
    return aborted(lane.signal);
  }, () => ready++);
  const health = () => board.all().map((one) => `${one.part} ${one.health}: ${one.detail}`);

  assertEquals(health(), ["lane down: Reads what is there"]);
  lanes[0]!.caughtUp();
  lanes[0]!.onTrouble({ kind: "handler-threw", ...trouble });
  assertEquals(health(), ["lane down: some.topic: overtaken"]);
  lanes[0]!.onTrouble({ kind: "recovered", ...trouble });
  assertEquals(health(), []);
  await clock.advance(10_000);
  assertEquals(lanes.length, 1);

  lanes[0]!.onTrouble({ kind: "fault", ...trouble });
  assertEquals(health(), ["lane down: some.topic: overtaken"]);
  await settle();
  assertEquals(lanes.length, 1);
  await clock.advance(1_000);
  assertEquals(lanes.length, 2);
  assertEquals(health(), ["lane down: some.topic: overtaken"]);
  lanes[1]!.caughtUp();
  assertEquals([health(), ready], [[], 2]);
  assertEquals(having("trouble with a topic").map(({ level }) => level), ["warn", "error"]);
  stop.abort();
  await following;
  assertEquals(lanes.length, 2);
});
