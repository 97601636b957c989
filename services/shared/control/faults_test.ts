import { connect, type Socket } from "node:net";
import { assertEquals } from "@std/assert";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { v1 } from "@gopool/proto/grpc";
import { captureLog, waitFor } from "@gopool/testing";
import { serveStubs } from "./stub_fixture.ts";

Deno.test("a caller that goes while its stream of requests is open is no fault in the log", async () => {
  const { log, lines } = captureLog();
  await using stubs = await serveStubs({ log });
  let socket: Socket | undefined;
  const session = new Http2SessionManager(stubs.url, {}, {
    createConnection: ({ hostname, port }) =>
      socket = connect({ host: hostname, port: Number(port) }).on("error", () => {}),
  });
  const transport = createGrpcTransport({ baseUrl: stubs.url, sessionManager: session });
  const left = Promise.withResolvers<void>();
  async function* asked() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
    await left.promise;
  }
  const answers = createClient(v1.ServerReflection, transport).serverReflectionInfo(asked())
    [Symbol.asyncIterator]();
  assertEquals((await answers.next()).value!.messageResponse.case, "listServicesResponse");
  // As of a process that has ended: no goodbye.
  socket!.destroy();
  await answers.next().catch(() => {});
  left.resolve();
  await waitFor(() => lines.some(({ message }) => message === "a caller has gone"), "its end");
  assertEquals(lines.filter(({ level }) => level === "error"), []);
});
