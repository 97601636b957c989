import { assertEquals } from "@std/assert";
import {
  create,
  EventSchema,
  Health,
  LogLevel,
  Phase,
  StatusResponseSchema,
} from "@gopool/proto/control";
import { eventText } from "./logs.ts";
import { isWell } from "./status.ts";

const WELL = {
  ready: true,
  phase: Phase.WORKING,
  services: [{ name: "stratumd", phase: Phase.WORKING }],
  parts: [{ name: "bus", health: Health.OK }],
};

Deno.test("a process is well when it is ready, all of it works, and nobody need look", () => {
  const of = (change: Partial<typeof WELL>) =>
    isWell(create(StatusResponseSchema, { ...WELL, ...change }));
  assertEquals(of({}), true);
  assertEquals(of({ ready: false }), false);
  assertEquals(of({ phase: Phase.STARTING }), false);
  assertEquals(of({ services: [{ name: "stratumd", phase: Phase.DRAINED }] }), false);
  assertEquals(of({ parts: [{ name: "bus", health: Health.DEGRADED }] }), false);
});

Deno.test("events are told in a line each", () => {
  const text = (what: Parameters<typeof create<typeof EventSchema>>[1]) =>
    eventText(create(EventSchema, what));
  assertEquals(
    text({
      what: { case: "log", value: { level: LogLevel.WARN, message: "slow", facts: { ms: "5" } } },
    }),
    "warn: slow (ms=5)",
  );
  assertEquals(
    text({ what: { case: "part", value: { part: "bus", health: Health.DOWN, detail: "away" } } }),
    "part bus is down: away",
  );
  assertEquals(
    text({
      what: {
        case: "call",
        value: { method: "S/Ban", caller: "ada", before: "", after: "x", error: "" },
      },
    }),
    "ada called S/Ban: - -> x",
  );
  assertEquals(
    text({ what: { case: "phase", value: { phase: Phase.DRAINED } } }),
    "the process is drained",
  );
  assertEquals(
    text({ what: { case: "missed", value: { count: 3n } } }),
    "3 events were not told: this was read too slowly",
  );
  assertEquals(text({}), "something that this program does not know");
});
