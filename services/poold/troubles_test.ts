import { assertEquals } from "@std/assert";
import { createStatusBoard } from "@gopool/runtime";
import { FakeClock, tempDir, waitFor } from "@gopool/testing";
import { tellTroubles, troublesOf } from "./troubles.ts";

Deno.test("a trouble on the board is told to who asks, until it is over and until the pool ends", async () => {
  await using folder = await tempDir();
  const clock = new FakeClock();
  const board = createStatusBoard(clock);
  const stop = new AbortController();
  const running = tellTroubles({ folder: folder.path, board, clock }).run(stop.signal);
  const told = async () => (await troublesOf(folder.path, clock.now()))?.map(({ part }) => part);
  await waitFor(async () => (await told())?.length === 0, "an empty file");

  board.set("shareproc on share.submissions/1", "degraded", "Repeats a batch at offset 7: no disk");
  await clock.advance(1_000);
  await waitFor(async () => (await told())?.length === 1, "the trouble");
  board.set("shareproc on share.submissions/1", "ok", "");
  await clock.advance(1_000);
  await waitFor(async () => (await told())?.length === 0, "its end");

  assertEquals(await troublesOf(folder.path, clock.now() + 60_000), null); // a pool that has died
  stop.abort();
  await running;
  assertEquals(await troublesOf(folder.path, clock.now()), null);
});
