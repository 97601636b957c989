import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { apiStand } from "@gopool/apiserver/fixture";
import { createPublicApiRpc } from "@gopool/apiserver/rpc";
import { CHIEF, serveStubs, stubOf } from "@gopool/control/fixture";
import { ControlService, Phase, PublicApiService } from "@gopool/proto/control";
import { ctl } from "./fixture.ts";

Deno.test("the public API's figures, who asks, and flushing, each by a command", async () => {
  const settings = { apiRate: 5, apiBurst: 10 };
  await using stand = await apiStand({ settings });
  const { apiserver, url } = stand;
  await using served = await serveStubs({
    serves: [ControlService, PublicApiService],
    provided: [],
  });
  const status = () => ({ name: "apiserver", phase: Phase.WORKING, ready: true });
  served.server.provide(ControlService, { ...stubOf(ControlService), status });
  served.server.provide(
    PublicApiService,
    createPublicApiRpc({ apiserver, settings }),
  );
  const env = { GOPOOL_CONTROL_ADDRESSES: served.address, GOPOOL_CONTROL_TOKEN: CHIEF.token };
  const said = async (...words: string[]) => {
    const { code, stdout, stderr } = await ctl(words, { env });
    assertEquals([code, stderr], [0, ""], stdout);
    return stdout;
  };

  for (let i = 0; i < 3; i++) await (await fetch(`${url}/api/v1/connection`)).body!.cancel();
  const shown = await said("api");
  assertStringIncludes(shown, `answers at 127.0.0.1:${stand.port}`);
  assertMatch(shown, /answered from memory 2, .* computed 1/);
  assertStringIncludes(shown, "each caller may ask 5 a second, 10 at once: 1 caller known");
  assertMatch(shown, /PoolService\/GetConnection +3/);
  assertMatch(await said("api", "callers"), /127\.0\.0\.1 +3 +0 +0/);
  assertStringIncludes(await said("api", "flush"), "forgotten here: 1 answer");
  const [flushed] = (await said("--json", "api", "flush")).trim().split("\n");
  assertEquals(JSON.parse(flushed!), { dropped: 0, everywhere: true });
  assertEquals(served.records.map(({ method, caller }) => [method.split("/")[1], caller]), [
    ["FlushAnswers", "chief"],
    ["FlushAnswers", "chief"],
  ]);
});
