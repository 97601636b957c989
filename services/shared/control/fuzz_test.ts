/**
 * Wrong and oversized requests, made from the descriptors: whatever is sent, the caller gets a sentence that names the
 * field, the implementation is not reached, and the server goes on.
 *
 * @module
 */
import { Code } from "@connectrpc/connect";
import { assert, assertEquals } from "@std/assert";
import { type DescMethod, Role } from "@gopool/proto/control";
import { toBinary } from "@gopool/proto/reflect";
import { captureLog } from "@gopool/testing";
import fc from "@gopool/testing/fc";
import { codeName, outcome } from "./call_fixture.ts";
import { controlClient } from "./client.ts";
import { type RawAnswer, rawClient } from "./raw_fixture.ts";
import { allows, ruleOf } from "./rules.ts";
import { rightRequest, wrongRequests } from "./samples_fixture.ts";
import { CHIEF, serveStubs, SERVICES, tokenOf } from "./stub_fixture.ts";

const METHODS = SERVICES.flatMap((service) => service.methods);

function tokenFor(method: DescMethod): string {
  return allows(CHIEF.roles, ruleOf(method).role) ? CHIEF.token : tokenOf(Role.INTERNAL);
}

Deno.test("a field that breaks its rule is named in the answer, and nothing is called", async () => {
  await using stubs = await serveStubs();
  using chief = controlClient(stubs.url, CHIEF.token);
  using pool = controlClient(stubs.url, tokenOf(Role.INTERNAL));
  let refused = 0;
  for (const method of METHODS) {
    const client = tokenFor(method) === CHIEF.token ? chief : pool;
    for (const { field, what, message, isRefused } of wrongRequests(method.input)) {
      const before = stubs.seen.length;
      const result = await outcome(client, method, message);
      const told = `${method.name}, ${what} in ${field}: ${result}`;
      assertEquals(codeName(result), isRefused ? "invalid_argument" : "ok", told);
      assertEquals(stubs.seen.length, before + (isRefused ? 0 : 1), told);
      if (result === "ok") continue;
      refused++;
      assert(result.rawMessage.includes(field), told);
      assert(result.rawMessage.length < 2_000, told);
    }
  }
  assert(refused > 80, `only ${refused} were refused`);
});

Deno.test("every text, list and bytes of a request of ours has a bound", () => {
  const unbounded = METHODS.flatMap((method) =>
    [...wrongRequests(method.input)]
      .filter(({ isTooMuch, isRefused }) => isTooMuch && !isRefused)
      .map(({ field, what }) => `${method.name}: ${what} in ${field}`)
  );
  // What the second road carries is a topic's message: bounded as a whole, and judged by who receives it.
  const others = unbounded.filter((one) => !/^Give(Candidate|Block):/.test(one));
  assertEquals(others, []);
});

Deno.test("a request that is too large as a whole is refused by its size", async () => {
  await using stubs = await serveStubs();
  using raw = rawClient(stubs.url);
  for (const method of METHODS) {
    const { status, grpcStatus } = await raw.post(method, {
      token: tokenFor(method),
      // Said to be 9 MB: refused by its head.
      head: [0, 0, 0x90, 0, 0],
      body: new Uint8Array(1_000),
    });
    assertEquals([method.name, status, grpcStatus], [method.name, 200, Code.ResourceExhausted]);
  }
  assertEquals(stubs.seen, []);
});

Deno.test("a small request that unpacks to a large one is refused by what it unpacks to", async () => {
  await using stubs = await serveStubs();
  using raw = rawClient(stubs.url);
  const bomb = await packed(new Uint8Array(64 * 1_048_576));
  assert(bomb.length < 100_000);
  for (const method of METHODS.filter(({ methodKind }) => methodKind === "unary").slice(0, 3)) {
    const { grpcStatus } = await raw.post(method, {
      token: tokenFor(method),
      headers: { "grpc-encoding": "gzip" },
      head: [1, 0, ...[16, 8, 0].map((bits) => (bomb.length >>> bits) & 255)],
      body: bomb,
    });
    assertEquals([method.name, grpcStatus], [method.name, Code.ResourceExhausted]);
  }
  assertEquals(stubs.seen, []);
});

async function packed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("bytes at random, whole and cut requests never harm the server", async () => {
  const { log, lines } = captureLog();
  await using stubs = await serveStubs({ log });
  using raw = rawClient(stubs.url);
  const anyMethod = fc.constantFrom(...METHODS);
  const noise = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(anyMethod, noise, fc.nat(), async (method, bytes, at) => {
      const right = toBinary(method.input, rightRequest(method.input));
      const spoilt = right.length === 0 ? bytes : right.with(at % right.length, bytes[0] ?? 7);
      for (const body of [bytes, spoilt, right.subarray(0, at % (right.length + 1))]) {
        const answer = await raw.post(method, { token: tokenFor(method), body });
        assertEquals([method.name, isFair(answer)], [method.name, true], answer.grpcMessage);
      }
    }),
    { numRuns: 60 },
  );
  assertEquals(lines.filter(({ level }) => level === "error"), []);
  using client = controlClient(stubs.url, CHIEF.token);
  const [method] = METHODS;
  assertEquals(codeName(await outcome(client, method!, rightRequest(method!.input))), "ok");
});

/** Understood, refused by a rule, or told that these bytes are no such message: which gRPC calls internal. */
function isFair({ grpcStatus, grpcMessage }: RawAnswer): boolean {
  if (grpcStatus === Code.Internal) return grpcMessage.startsWith("parse binary: ");
  return grpcStatus === 0 || grpcStatus === Code.InvalidArgument;
}

Deno.test("a field that is not known is refused in JSON, where a person has misspelt it", async () => {
  await using stubs = await serveStubs();
  using raw = rawClient(stubs.url);
  for (const method of METHODS) {
    const { status, text } = await raw.post(method, {
      token: tokenFor(method),
      json: `{"nosuch": 1}`,
    });
    assertEquals([method.name, status], [method.name, method.methodKind === "unary" ? 400 : 200]);
    assert(text.includes("nosuch") && text.includes("invalid_argument"), text);
  }
});
