import { assertEquals } from "@std/assert";
import { CHIEF, serveStubs } from "./stub_fixture.ts";

/** Without the delay one process in a few dies by a signal. */
const ROUNDS = 12;

Deno.test("a server that goes while its client is idle does not take the client's process with it", async () => {
  const fixture = new URL("./idle_client_fixture.ts", import.meta.url).pathname;
  for (let round = 0; round < ROUNDS; round++) {
    const stubs = await serveStubs();
    await using child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        `--allow-net=${stubs.address}`,
        "--ignore-env",
        fixture,
        stubs.url,
        CHIEF.token,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = child.stdout.getReader();
    const { value } = await lines.read();
    assertEquals(new TextDecoder().decode(value), "idle\n");
    await stubs[Symbol.asyncDispose]();
    await child.stdin.close();
    await lines.cancel();
    const { code, signal } = await child.status;
    assertEquals([code, signal], [0, null], `in round ${round + 1}`);
  }
});

Deno.test("a session that ends with an error when nobody listens any more does not end the process", async () => {
  const fixture = new URL("./unheard_end_fixture.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--ignore-env", fixture],
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
});
