import { assert, assertEquals } from "@std/assert";
import * as api from "@gopool/proto/api";
import type { DescService } from "@gopool/proto/control";
import { isListed, ttlOf } from "./ttl.ts";

const SERVICES = Object.values(api as Record<string, unknown>).filter((one): one is DescService =>
  typeof one === "object" && one !== null && "kind" in one && one.kind === "service"
);

Deno.test("somebody has thought about every method's age, and only what is read alone is kept", () => {
  const methods = SERVICES.flatMap(({ methods }) => methods);
  assert(methods.length > 10);
  assertEquals(methods.filter((method) => !isListed(method)).map(({ name }) => name), []);
  for (const method of methods) {
    if (method.methodKind === "unary" && /^(Get|List)/.test(method.name)) continue;
    assertEquals(ttlOf(method), null, method.name);
  }
});
