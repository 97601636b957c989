/**
 * The control plane as somebody else's gRPC client sees it: grpcurl knows nothing but the address, and asks reflection.
 *
 * @module
 */
import { allows, ruleOf } from "@gopool/control";
import { CHIEF, serveStubs, SERVICES, stubOf, tokenOf } from "@gopool/control/fixture";
import { rightRequest } from "@gopool/control/fixture/samples";
import { ControlService, type DescMethod, Role } from "@gopool/proto/control";
import { toJsonString } from "@gopool/proto/reflect";
import { tempDir } from "@gopool/testing";
import { tlsFiles } from "@gopool/testing/servers";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findGrpcurl, grpcurl } from "../real/grpcurl.ts";

const binary = await findGrpcurl();

/** Programs at once: each is a process that asks reflection first. */
const AT_ONCE = 4;

/** How grpcurl ends after an error of gRPC's: 64 and the code. */
const exitOf = (code: number) => 64 + code;
const [INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED] = [3, 7, 16].map(exitOf);

function test(name: string, body: (binary: string) => Promise<void>): void {
  if (binary !== null) Deno.test(name, () => body(binary));
}

function bearer(token: string): string[] {
  return ["-H", `authorization: Bearer ${token}`];
}

function nameOf({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

test("grpcurl lists every service and describes every method, without a token", async (binary) => {
  await using stubs = await serveStubs();
  const list = await grpcurl(binary, ["-plaintext", stubs.address, "list"]);
  assertEquals([list.code, list.err], [0, ""]);
  const listed = list.out.trim().split("\n");
  for (const { typeName } of SERVICES) assert(listed.includes(typeName), list.out);
  assert(listed.includes("grpc.health.v1.Health"), list.out);
  const described = await grpcurl(binary, ["-plaintext", stubs.address, "describe"]);
  assertEquals([described.code, described.err], [0, ""]);
  for (const { methods } of SERVICES) {
    for (const { name } of methods) assertStringIncludes(described.out, `rpc ${name} (`);
  }
  assertStringIncludes(described.out, "option (.gopool.control.v1.rule) = { role: ROLE_READ }");
});

test("grpcurl calls every method of every service", async (binary) => {
  await using stubs = await serveStubs();
  const methods = SERVICES.flatMap((service) => service.methods);
  const left = methods.values();
  const worker = async () => {
    for (const method of left) {
      const token = allows(CHIEF.roles, ruleOf(method).role) ? CHIEF.token : tokenOf(Role.INTERNAL);
      const json = toJsonString(method.input, rightRequest(method.input));
      const { code, err } = await grpcurl(
        binary,
        ["-plaintext", ...bearer(token), "-d", "@", stubs.address, nameOf(method)],
        { input: json },
      );
      assertEquals([nameOf(method), code, err], [nameOf(method), 0, ""]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  assertEquals(
    stubs.seen.map(({ method }) => method).toSorted(),
    methods.map(nameOf).toSorted(),
  );
});

test("grpcurl is told what it lacks: a token, a role, a right field", async (binary) => {
  await using stubs = await serveStubs();
  const call = (headers: string[], data: string, name: string) =>
    grpcurl(binary, ["-plaintext", ...headers, "-d", data, stubs.address, name]);
  const drain = "gopool.control.v1.ControlService/Drain";
  const nobody = await call([], "{}", drain);
  assertEquals(nobody.code, UNAUTHENTICATED);
  assertStringIncludes(nobody.err, "authorization: Bearer TOKEN");
  const reader = await call(bearer(tokenOf(Role.READ)), "{}", drain);
  assertEquals(reader.code, PERMISSION_DENIED);
  assertStringIncludes(reader.err, "needs the role operate");
  const wrong = await call(bearer(CHIEF.token), `{"service": "${"x".repeat(1_000)}"}`, drain);
  assertEquals(wrong.code, INVALID_ARGUMENT);
  assertStringIncludes(wrong.err, "service: must be at most");
  assertEquals(stubs.seen, []);
});

test("grpcurl asks for health, which follows readiness, and watches it", async (binary) => {
  await using stubs = await serveStubs();
  const check = async () =>
    (await grpcurl(binary, ["-plaintext", stubs.address, "grpc.health.v1.Health/Check"])).out;
  assertStringIncludes(await check(), `"SERVING"`);
  stubs.ready = false;
  assertStringIncludes(await check(), `"NOT_SERVING"`);
  const watch = await grpcurl(
    binary,
    ["-plaintext", stubs.address, "grpc.health.v1.Health/Watch"],
    { until: "NOT_SERVING" },
  );
  assertStringIncludes(watch.out, `"NOT_SERVING"`);
});

test("a stream that grpcurl leaves ends at the server", async (binary) => {
  await using stubs = await serveStubs();
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  stubs.server.provide(ControlService, {
    ...stubOf(ControlService),
    async *watchEvents(_, { signal }) {
      signal.addEventListener("abort", () => ended.resolve());
      yield {};
      begun.resolve();
      await ended.promise;
    },
  });
  const leave = new AbortController();
  const call = grpcurl(
    binary,
    [
      "-plaintext",
      ...bearer(CHIEF.token),
      stubs.address,
      "gopool.control.v1.ControlService/WatchEvents",
    ],
    { signal: leave.signal },
  );
  await begun.promise;
  leave.abort();
  await call;
  await ended.promise;
});

test("grpcurl comes in over TLS with a certificate, and not without", async (binary) => {
  await using folder = await tempDir();
  const { ca, files } = await tlsFiles(folder.path);
  const read = (path: string) => Deno.readTextFile(path);
  const tls = {
    cert: await read(files.serverCert),
    key: await read(files.serverKey),
    clientCa: ca,
  };
  await using stubs = await serveStubs({ tls });
  const own = ["-cert", files.clientCert, "-key", files.clientKey];
  const inside = await grpcurl(binary, ["-cacert", files.ca, ...own, stubs.address, "list"]);
  assertEquals([inside.code, inside.err], [0, ""]);
  const outside = await grpcurl(
    binary,
    ["-cacert", files.ca, "-connect-timeout", "2", stubs.address, "list"],
  );
  assert(outside.code !== 0, outside.out);
});
