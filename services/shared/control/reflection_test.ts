import { Code } from "@connectrpc/connect";
import { assert, assertEquals } from "@std/assert";
import { v1, v1alpha } from "@gopool/proto/grpc";
import { createFileRegistry, FileDescriptorProtoSchema, fromBinary } from "@gopool/proto/reflect";
import { type ControlClient, controlClient } from "./client.ts";
import { serveStubs, SERVICES } from "./stub_fixture.ts";

type Request = { readonly case: string; readonly value: unknown };
type Answer = v1.ServerReflectionResponse["messageResponse"];

/** The answers to these requests on one stream, by one version of the protocol. */
async function ask(
  client: ControlClient,
  version: typeof v1 | typeof v1alpha,
  requests: readonly Request[],
): Promise<Answer[]> {
  async function* all() {
    for (const messageRequest of requests) {
      yield await Promise.resolve({ host: "h", messageRequest } as never);
    }
  }
  const answers: Answer[] = [];
  const service = version.ServerReflection as typeof v1.ServerReflection;
  for await (const answer of client(service).serverReflectionInfo(all())) {
    assertEquals(answer.validHost, "h");
    answers.push(answer.messageResponse);
  }
  return answers;
}

const SYMBOLS = [
  "gopool.control.v1.ControlService",
  "gopool.control.v1.ControlService.Status",
  "gopool.control.v1.StatusRequest",
  "gopool.control.v1.StatusRequest.without_lags",
  "gopool.control.v1.Role",
  "gopool.control.v1.ROLE_READ",
  "gopool.control.v1.rule",
  "gopool.control.v1.Event.what",
];

for (const [name, version] of Object.entries({ v1, v1alpha })) {
  Deno.test(`reflection ${name} lists all services and tells each one's files, with all that they import`, async () => {
    await using stubs = await serveStubs();
    using client = controlClient(stubs.url, "");
    const [list] = await ask(client, version, [{ case: "listServices", value: "" }]);
    assert(list?.case === "listServicesResponse");
    const names = list.value.service.map((one) => one.name);
    for (const { typeName } of SERVICES) assert(names.includes(typeName), typeName);
    assert(names.includes("grpc.health.v1.Health"));
    for (const symbol of names) {
      const [file] = await ask(client, version, [{ case: "fileContainingSymbol", value: symbol }]);
      assert(file?.case === "fileDescriptorResponse", symbol);
      const protos = file.value.fileDescriptorProto.map((one) =>
        fromBinary(FileDescriptorProtoSchema, one)
      );
      // Whole by themselves, and the one that was asked for comes first.
      const registry = createFileRegistry(
        protos[0]!,
        (path) => protos.find((one) => one.name === path),
      );
      assert(registry.getService(symbol) !== undefined, symbol);
    }
  });

  Deno.test(`reflection ${name} finds symbols of every kind, files and extensions, and says what it has not`, async () => {
    await using stubs = await serveStubs();
    using client = controlClient(stubs.url, "");
    const extension = {
      containingType: "google.protobuf.MethodOptions",
      extensionNumber: 50_501,
    };
    const answers = await ask(client, version, [
      ...SYMBOLS.map((value) => ({ case: "fileContainingSymbol", value })),
      { case: "fileByFilename", value: "gopool/control/v1/options.proto" },
      { case: "fileContainingExtension", value: extension },
      { case: "allExtensionNumbersOfType", value: "google.protobuf.MethodOptions" },
      { case: "fileContainingSymbol", value: "no.Such" },
      { case: "fileByFilename", value: "no.proto" },
      { case: "fileContainingExtension", value: { ...extension, extensionNumber: 1 } },
      { case: "allExtensionNumbersOfType", value: "no.Such" },
      { case: "nothing", value: "" },
    ]);
    const found = answers.slice(0, SYMBOLS.length + 2);
    assertEquals(found.filter((one) => one.case !== "fileDescriptorResponse"), []);
    const numbers = answers[found.length];
    assert(numbers?.case === "allExtensionNumbersResponse");
    assertEquals(numbers.value.extensionNumber, [50_501]);
    const refused = answers.slice(found.length + 1).map((one) =>
      one.case === "errorResponse" ? one.value.errorCode : one.case
    );
    assertEquals(refused, [...Array(4).fill(Code.NotFound), Code.InvalidArgument]);
  });
}

Deno.test("a file that a stream has had is not sent with every further answer", async () => {
  await using stubs = await serveStubs();
  using client = controlClient(stubs.url, "");
  const request = { case: "fileContainingSymbol", value: "gopool.control.v1.ControlService" };
  const sizes = (await ask(client, v1, [request, request])).map((one) =>
    one.case === "fileDescriptorResponse" ? one.value.fileDescriptorProto.length : 0
  );
  assert(sizes[0]! > 1);
  assertEquals(sizes[1], 1);
});
