import { assert, assertEquals } from "@std/assert";
import { codeName, outcome } from "./call_fixture.ts";
import { controlClient, type Protocol } from "./client.ts";
import { ruleOf } from "./rules.ts";
import { rightRequest } from "./samples_fixture.ts";
import { CHIEF, serveStubs, SERVICES, tokenOf } from "./stub_fixture.ts";
import { allows } from "./rules.ts";
import { Role } from "@gopool/proto/control";

const PROTOCOLS: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

for (const protocol of PROTOCOLS) {
  Deno.test(`each method of each service answers over ${protocol}`, async () => {
    await using stubs = await serveStubs();
    using chief = controlClient(stubs.url, CHIEF.token, { protocol });
    using pool = controlClient(stubs.url, tokenOf(Role.INTERNAL), { protocol });
    const methods = SERVICES.flatMap((service) => service.methods);
    assert(methods.length > 40, `only ${methods.length} methods were found`);
    for (const method of methods) {
      const client = allows(CHIEF.roles, ruleOf(method).role) ? chief : pool;
      const result = await outcome(client, method, rightRequest(method.input));
      assertEquals([method.name, codeName(result)], [method.name, "ok"]);
    }
    assertEquals(
      stubs.seen.map(({ method }) => method),
      methods.map(({ name, parent }) => `${parent.typeName}/${name}`),
    );
  });
}
