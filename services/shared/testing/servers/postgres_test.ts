import { assertEquals, assertRejects } from "@std/assert";
import { ask } from "@gopool/ledger/embedded";
import { startPostgres, testPostgres } from "./mod.ts";

const shared = await testPostgres();

Deno.test("the PostgreSQL that all tests share is there", async () => {
  assertEquals(await ask(shared), "ready");
});

Deno.test("a PostgreSQL of a test's own is stopped, killed and started again, and goes with the test", async () => {
  let folder: string;
  let url: string;
  {
    await using server = await startPostgres({ settings: { max_connections: "7" } });
    url = server.url;
    assertEquals(await ask(url), "ready");
    await server.stop();
    assertEquals(await ask(url), "nobody");
    await server.restart();
    const before = server.pid;
    await server.kill();
    assertEquals(await ask(url), "nobody");
    await server.restart();
    assertEquals([await ask(url), server.pid !== before], ["ready", true]);
    server.stall(true);
    assertEquals(await ask(url), "silent");
    server.stall(false);
    assertEquals(await ask(url), "ready");
    folder = server.folder;
  }
  assertEquals(await ask(url), "nobody");
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
});
