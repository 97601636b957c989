import { assertEquals, assertThrows } from "@std/assert";
import { ControlService, type DescMethod, Role } from "@gopool/proto/control";
import { NoRule, ruleOf } from "./rules.ts";

Deno.test("a stream that changes something has no rule that could be kept", () => {
  const drain = ControlService.methods.find(({ name }) => name === "Drain")!;
  assertEquals(ruleOf(drain), { role: Role.OPERATE, changes: true });
  for (const methodKind of ["server_streaming", "client_streaming", "bidi_streaming"]) {
    const stream = { ...drain, methodKind } as DescMethod;
    assertThrows(() => ruleOf(stream), NoRule, "ControlService/Drain changes something and is");
  }
});
