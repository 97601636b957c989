import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { waitFor } from "@gopool/testing";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

/** Runs the fixture; `whenReady` is called once it has said so. */
async function run(
  how: string,
  whenReady?: (child: Deno.ChildProcess) => Promise<void>,
  flags: string[] = ["-A"],
): Promise<Ended> {
  const started = performance.now();
  const fixture = new URL("./process_fixture.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...flags, fixture, how, "--log-format=json"],
    env: { GOPOOL_LOG_LEVEL: "debug" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let stdout = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) stdout += text;
  })();
  const errors = new Response(child.stderr).text();
  if (whenReady !== undefined) {
    await waitFor(() => stdout.includes('"ready"'), `${how} to be ready`);
    await whenReady(child);
  }
  const { code } = await child.status;
  await reading;
  return { code, stdout, stderr: await errors, tookMs: performance.now() - started };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("a body that returns ends the process with code 0", async () => {
  assertEquals((await run("returns")).code, 0);
});

Deno.test("a body that throws ends it with code 1 and says why", async () => {
  const { code, stdout } = await run("throws");
  assertEquals(code, 1);
  assertStringIncludes(stdout, "the disk is gone");
});

Deno.test("a fault that cannot be mended is told as its sentence, without a stack, with code 1", async () => {
  const { code, stdout, stderr } = await run("fatal");
  assertEquals([code, stderr], [1, ""]);
  assertMatch(stdout, /^[^\n]*"the port is taken"[^\n]*\n$/);
  assert(!/\bat \b|process_fixture/.test(stdout), stdout);
});

Deno.test("a body that is told to stop while it waits for something, and rejects with that, has drained", async () => {
  const { code, stdout } = await run("opens", (child) => Promise.resolve(child.kill("SIGINT")));
  assertEquals(code, 0);
  assertMatch(stdout, /"stopped"[^\n]*\n$/);
});

Deno.test("bad configuration ends it with code 2 and sentences without a stack", async () => {
  const { code, stderr } = await run("config");
  assertEquals(code, 2);
  assertMatch(stderr, /Cannot start fixture:\n {2}GOPOOL_X is required \(x\)\n$/);
});

Deno.test("a request for help is answered on standard output with code 0", async () => {
  const { code, stdout } = await run("help");
  assertEquals([code, stdout], [0, "Usage: fixture\n"]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal}, and the same again within a second, lets the body drain`, async () => {
    const { code, stdout } = await run("drains", async (child) => {
      child.kill(signal);
      await pause(50);
      child.kill("SIGINT");
    });
    assertStringIncludes(stdout, '"drained"');
    assertMatch(stdout, /"stopped"[^\n]*\n$/);
    assertEquals(code, 0);
  });
}

Deno.test("a second signal after a second ends it at once with code 130", async () => {
  const { code, stdout, tookMs } = await run("stuck", async (child) => {
    child.kill("SIGINT");
    await pause(1_100);
    child.kill("SIGINT");
  });
  assertEquals(code, 130);
  assertStringIncludes(stdout, "second signal");
  assertLess(tookMs, 9_000);
});

Deno.test("a body that does not drain is ended after the grace with code 3", async () => {
  const { code, stdout } = await run("late", (child) => Promise.resolve(child.kill("SIGTERM")));
  assertEquals(code, 3);
  assertStringIncludes(stdout, "did not drain in time");
});

for (
  const [how, words] of [["rejection", "nobody looks"], ["callback", "nobody catches"]] as const
) {
  Deno.test(`a fault that nobody caught (${how}) drains the body, then code 1, loudly`, async () => {
    const { code, stdout } = await run(how);
    assertEquals(code, 1);
    assertStringIncludes(stdout, words);
    assertStringIncludes(stdout, '"drained"');
  });
}

Deno.test("what a body leaves open does not keep the process alive, and is no success", async () => {
  const { code, stdout, tookMs } = await run("leaves");
  assertEquals(code, 3);
  assertStringIncludes(stdout, "left open");
  assertLess(tookMs, 9_000);
});

Deno.test("under a strict permission set variables are read by name and not listed", async () => {
  const { code, stdout } = await run("permissions", undefined, [
    "--allow-env=GOPOOL_LOG_LEVEL,GOPOOL_LOG_FORMAT",
  ]);
  assert(stdout.includes('"facts":{"listed":false,"allowed":"debug"}'), stdout);
  assertEquals(code, 0);
});
