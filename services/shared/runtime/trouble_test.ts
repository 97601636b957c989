import { assertEquals } from "@std/assert";
import { captureLog, FakeClock } from "@gopool/testing";
import { createStatusBoard } from "./status_board.ts";
import { troubleOnBoard } from "./trouble.ts";

Deno.test("a reader's trouble stands on the board until it has recovered", () => {
  const board = createStatusBoard(new FakeClock());
  const { log, lines } = captureLog();
  const tell = troubleOnBoard(board, log);
  const where = { topic: "share.submissions", group: "shareproc", partition: 3 };
  tell({ kind: "handler-threw", ...where, offset: 7, error: new Error("disk full") });
  assertEquals(board.all().map(({ part, health, detail }) => [part, health, detail]), [
    ["shareproc on share.submissions/3", "down", "Repeats a batch at offset 7: disk full"],
  ]);
  tell({ kind: "fault", ...where, offset: 7 });
  assertEquals(board.all().map(({ health, detail }) => [health, detail]), [
    ["down", "Stopped at offset 7: no reason given"],
  ]);
  tell({ kind: "recovered", ...where });
  assertEquals(board.all(), []);
  assertEquals(lines.map(({ level }) => level), ["warn", "error", "info"]);
});
