import { assertEquals } from "@std/assert";
import { Troubles } from "../delivery.ts";
import { Away } from "./away.ts";

Deno.test("brokers that are away are told once, and their return when every part has them back", () => {
  const told: string[] = [];
  const away = new Away(
    new Troubles(
      "topic",
      "group",
      ({ kind, error }) => told.push(`${kind} ${error?.message ?? ""}`),
    ),
  );
  const [fetching, group] = [{}, {}];
  away.back(fetching);
  away.gone(fetching, new Error("one"));
  away.gone(fetching, new Error("again"));
  away.gone(group, new Error("two"));
  away.back(fetching);
  away.gone(group, "still");
  assertEquals(told, ["bus-away one"]);
  away.back(group);
  away.gone(group, new Error("three"));
  assertEquals(told, ["bus-away one", "recovered ", "bus-away three"]);
});
