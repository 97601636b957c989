import { assertEquals, assertRejects } from "@std/assert";
import { captureLog, FakeClock } from "@gopool/testing";
import { openPart } from "./opening.ts";
import { createStatusBoard } from "./status_board.ts";
import { FatalError } from "./supervise.ts";

function stand() {
  const board = createStatusBoard(new FakeClock());
  const stop = new AbortController();
  const { log, lines } = captureLog();
  return {
    deps: { board, log, signal: stop.signal },
    stop,
    lines,
    said: () => board.all().map((p) => `${p.part} ${p.health}: ${p.detail}`),
  };
}

class BusNotOpened extends Error {
  override name = "BusNotOpened";
}

Deno.test("what is being opened is down until it is open, and says why; later troubles degrade it", async () => {
  const { deps, said, lines } = stand();
  const opened = Promise.withResolvers<string>();
  let tell: (sentence: string | null) => void = () => {};
  const opening = openPart(deps, "bus", (given) => {
    tell = given;
    return opened.promise;
  });
  assertEquals(said(), ["bus down: opening"]);
  tell("No broker answers");
  assertEquals(said(), ["bus down: No broker answers"]);
  opened.resolve("the bus");
  assertEquals(await opening, "the bus");
  assertEquals(said(), ["bus ok: open"]);
  tell("One broker is out of reach");
  tell("One broker is out of reach");
  assertEquals(said(), ["bus degraded: One broker is out of reach"]);
  tell(null);
  assertEquals(said(), ["bus ok: open"]);
  assertEquals(lines.map(({ level, message }) => `${level}: ${message}`), [
    "warn: No broker answers",
    "warn: One broker is out of reach",
    "info: bus: well again",
  ]);
});

Deno.test("what the settings or the machine forbid ends the process with its sentence", async () => {
  const { deps, said } = stand();
  const fails = (error: Error) => openPart(deps, "bus", () => Promise.reject(error));
  const words = async (error: Error) =>
    (await assertRejects(() => fails(error), FatalError)).message;
  assertEquals(
    await words(new BusNotOpened("Cannot open the bus at h:1: a topic is missing")),
    "Cannot open the bus at h:1: a topic is missing",
  );
  assertEquals(said(), ["bus down: Cannot open the bus at h:1: a topic is missing"]);
  assertEquals(
    await words(new Deno.errors.NotFound("No such file: readfile '/ca.pem'")),
    "Cannot open the bus: No such file: readfile '/ca.pem'",
  );
  assertEquals(await words(new TypeError("Cannot open state at x")), "Cannot open state at x");
});

Deno.test("who is told to end while it waits has obeyed, however the wait ended", async () => {
  const { deps, stop } = stand();
  const opening = openPart(deps, "bus", async () => {
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    throw new BusNotOpened("The wait was ended");
  });
  stop.abort();
  assertEquals(await assertRejects(() => opening), stop.signal.reason);
});

Deno.test("a bug stays a bug, and an abort an abort", async () => {
  const { deps } = stand();
  const bug = new TypeError("x is not a function");
  assertEquals(await assertRejects(() => openPart(deps, "bus", () => Promise.reject(bug))), bug);
  const reason = AbortSignal.abort().reason;
  assertEquals(
    await assertRejects(() => openPart(deps, "bus", () => Promise.reject(reason))),
    reason,
  );
});
