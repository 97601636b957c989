import { assertEquals, assertInstanceOf } from "@std/assert";
import { NodeUnavailable } from "@gopool/node";
import { createStatusBoard } from "@gopool/runtime";
import { captureLog, FakeClock } from "@gopool/testing";
import { Attempts } from "./attempts.ts";

Deno.test("a node that is away is told by its sentence alone, a fault of another kind with its stack", async () => {
  const log = captureLog();
  const board = createStatusBoard(new FakeClock());
  const attempts = new Attempts({ log: log.log, board });
  const { signal } = new AbortController();
  const fails = (error: Error) => attempts.of("template", signal, () => Promise.reject(error));

  await fails(new NodeUnavailable("node a: the connection broke", "unreachable"));
  await fails(new TypeError("ours"));
  assertEquals(log.lines.map(({ message }) => message), ["node a: the connection broke", "ours"]);
  assertEquals(log.lines[0]!.facts, { part: "template" });
  assertInstanceOf(log.lines[1]!.facts.error, TypeError);
});
