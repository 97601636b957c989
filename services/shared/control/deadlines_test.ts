import { assertEquals } from "@std/assert";
import { ControlService } from "@gopool/proto/control";
import { FakeClock } from "@gopool/testing";
import { controlClient } from "./client.ts";
import { UNARY_DEFAULT_MS } from "./limits.ts";
import { CHIEF, serveStubs, stubOf } from "./stub_fixture.ts";

for (const protocol of ["grpc", "grpc-web", "connect"] as const) {
  Deno.test(`a call that names a deadline of its own has that one alone, over ${protocol}`, async () => {
    const clock = new FakeClock();
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    await using stubs = await serveStubs({ clock });
    stubs.server.provide(ControlService, {
      ...stubOf(ControlService),
      status() {
        begun.resolve();
        return done.promise.then(() => ({ name: "late" }));
      },
    });
    using client = controlClient(stubs.url, CHIEF.token, { protocol });
    const call = client(ControlService).status({}, { timeoutMs: 5 * UNARY_DEFAULT_MS });
    await begun.promise;
    await clock.advance(2 * UNARY_DEFAULT_MS);
    done.resolve();
    assertEquals((await call).name, "late");
  });
}
