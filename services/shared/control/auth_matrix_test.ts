/**
 * Who may call what: each method of each service with each kind of caller, made from the descriptors. What may be
 * expected is said here in a table of roles, not taken from the server's own rule of inclusion.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type DescMethod, Role } from "@gopool/proto/control";
import { Health } from "@gopool/proto/grpc";
import {
  createFileRegistry,
  FileDescriptorProtoSchema,
  fromBinary,
  toBinary,
} from "@gopool/proto/reflect";
import { codeName, outcome } from "./call_fixture.ts";
import { controlClient } from "./client.ts";
import { NoRule, ruleOf, rulesOf } from "./rules.ts";
import { rightRequest } from "./samples_fixture.ts";
import { serveStubs, SERVICES, tokenOf } from "./stub_fixture.ts";

/** By the role that a method asks for: the tokens' roles that open it. */
const OPENED_BY: Readonly<Record<Role, readonly Role[]>> = {
  [Role.UNSPECIFIED]: [],
  [Role.READ]: [Role.READ, Role.OPERATE, Role.MONEY, Role.SETTINGS],
  [Role.OPERATE]: [Role.OPERATE],
  [Role.MONEY]: [Role.MONEY],
  [Role.SETTINGS]: [Role.SETTINGS],
  [Role.INTERNAL]: [Role.INTERNAL],
  [Role.PUBLIC]: [Role.READ, Role.OPERATE, Role.MONEY, Role.SETTINGS, Role.INTERNAL],
};

const CALLERS = [
  { who: "nobody", role: null, token: "" },
  { who: "a wrong token", role: null, token: "token-of-nobody-at-all-0123" },
  { who: "a token cut short", role: null, token: tokenOf(Role.OPERATE).slice(0, -1) },
  ...[Role.READ, Role.OPERATE, Role.MONEY, Role.SETTINGS, Role.INTERNAL].map((role) => ({
    who: Role[role],
    role,
    token: tokenOf(role),
  })),
];

const METHODS = SERVICES.flatMap((service) => service.methods);

function expected(method: DescMethod, role: Role | null): string {
  const wanted = ruleOf(method).role;
  if (wanted === Role.PUBLIC) return "ok";
  if (role === null) return "unauthenticated";
  return OPENED_BY[wanted].includes(role) ? "ok" : "permission_denied";
}

for (const { who, role, token } of CALLERS) {
  Deno.test(`each method lets in or refuses ${who} as its rule says`, async () => {
    await using stubs = await serveStubs();
    using client = controlClient(stubs.url, token);
    let reached = 0;
    for (const method of METHODS) {
      const result = codeName(await outcome(client, method, rightRequest(method.input)));
      assertEquals([method.name, result], [method.name, expected(method, role)]);
      if (result === "ok") reached++;
    }
    // Who is refused has reached nothing, and is in no record.
    assertEquals(stubs.seen.length, reached);
    const changing = METHODS.filter((method) =>
      ruleOf(method).changes && expected(method, role) === "ok"
    );
    assertEquals(
      stubs.records.map(({ method }) => method),
      changing.map(({ parent, name }) => `${parent.typeName}/${name}`),
    );
    assert(stubs.records.every(({ caller }) => caller === (role === null ? "" : `who may ${who}`)));
  });
}

Deno.test("health and reflection alone are open to anybody", async () => {
  await using stubs = await serveStubs();
  using client = controlClient(stubs.url, "");
  assertEquals((await client(Health).check({})).status, 1);
  const open = METHODS.filter((method) => ruleOf(method).role === Role.PUBLIC);
  assertEquals(open.map(({ name }) => name), []);
});

Deno.test("what is refused is refused before the request is read, right or wrong", async () => {
  await using stubs = await serveStubs();
  using client = controlClient(stubs.url, tokenOf(Role.INTERNAL));
  for (const method of METHODS.filter((one) => ruleOf(one).role !== Role.INTERNAL)) {
    assertEquals(codeName(await outcome(client, method)), "permission_denied");
  }
});

Deno.test("every method of every service has a rule, and one without keeps the server from starting", () => {
  assertEquals(rulesOf(SERVICES).size, METHODS.length);
  const [service] = SERVICES;
  const bare = fromBinary(
    FileDescriptorProtoSchema,
    toBinary(FileDescriptorProtoSchema, service!.file.proto),
  );
  for (const { method } of bare.service) for (const one of method) delete one.options;
  const registry = createFileRegistry(bare, (name) => dependencyOf(service!.file, name));
  const without = registry.getService(service!.typeName)!;
  const error = assertThrows(() => rulesOf([without]), NoRule);
  assert(error.message.includes(without.methods[0]!.name), error.message);
});

type File = typeof SERVICES[number]["file"];

function dependencyOf(file: File, name: string): File | undefined {
  for (const one of file.dependencies) {
    const found = one.proto.name === name ? one : dependencyOf(one, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
