import { Code, ConnectError } from "@connectrpc/connect";
import { assertEquals, assertRejects } from "@std/assert";
import { ControlService, Role } from "@gopool/proto/control";
import { Health } from "@gopool/proto/grpc";
import { FatalError } from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { type Pem, tlsFiles } from "@gopool/testing/servers";
import { createAccess } from "./access.ts";
import { controlClient, type Protocol } from "./client.ts";
import { CHIEF, serveStubs } from "./stub_fixture.ts";

/** What a server's options take of the files. */
async function serverTls({ ca, files }: Pem, { asks }: { readonly asks: boolean }) {
  const cert = await Deno.readTextFile(files.serverCert);
  const key = await Deno.readTextFile(files.serverKey);
  return asks ? { cert, key, clientCa: ca } : { cert, key };
}

/** The name in the certificate that tests make for clients. */
const CERTIFIED = "gopool";

Deno.test("over TLS every protocol answers, to who trusts the authority and shows a token", async () => {
  await using folder = await tempDir();
  const pem = await tlsFiles(folder.path);
  await using stubs = await serveStubs({ tls: await serverTls(pem, { asks: false }) });
  for (const protocol of ["grpc", "grpc-web", "connect"] satisfies Protocol[]) {
    using client = controlClient(stubs.url, CHIEF.token, { ca: pem.ca, protocol });
    await client(ControlService).status({});
    using stranger = controlClient(stubs.url, CHIEF.token, { protocol });
    await assertRejects(() => stranger(ControlService).status({}), ConnectError);
  }
  // A certificate that nobody has asked for is nobody's.
  using certified = controlClient(stubs.url, "", { ca: pem.ca, ...pem.client });
  const error = await assertRejects(() => certified(ControlService).status({}), ConnectError);
  assertEquals(error.code, Code.Unauthenticated);
});

Deno.test("where certificates are asked for, none is no connection, and a name has its roles", async () => {
  await using folder = await tempDir();
  const pem = await tlsFiles(folder.path);
  const reader = { name: CERTIFIED, roles: [Role.READ] };
  await using stubs = await serveStubs({
    tls: await serverTls(pem, { asks: true }),
    access: createAccess({ tokens: [CHIEF], certificates: [reader] }),
  });
  using without = controlClient(stubs.url, CHIEF.token, { ca: pem.ca });
  await assertRejects(() => without(Health).check({}), ConnectError);

  using client = controlClient(stubs.url, "", { ca: pem.ca, ...pem.client });
  await client(ControlService).status({});
  assertEquals(stubs.seen.at(-1)?.caller, CERTIFIED);
  const refused = await assertRejects(() => client(ControlService).drain({}), ConnectError);
  assertEquals(refused.code, Code.PermissionDenied);

  // A token, where one is shown, decides alone: right or wrong.
  using chief = controlClient(stubs.url, CHIEF.token, { ca: pem.ca, ...pem.client });
  await chief(ControlService).drain({});
  assertEquals(stubs.records.map(({ caller }) => caller), [CHIEF.name]);
  using wrong = controlClient(stubs.url, "wrong-0123456789", { ca: pem.ca, ...pem.client });
  const unknown = await assertRejects(() => wrong(ControlService).status({}), ConnectError);
  assertEquals(unknown.code, Code.Unauthenticated);
});

Deno.test("a certificate of another authority, and a name without roles, are let in nowhere", async () => {
  await using folder = await tempDir();
  await using others = await tempDir();
  const pem = await tlsFiles(folder.path);
  const foreign = await tlsFiles(others.path);
  await using stubs = await serveStubs({ tls: await serverTls(pem, { asks: true }) });
  using stranger = controlClient(stubs.url, CHIEF.token, { ca: pem.ca, ...foreign.client });
  await assertRejects(() => stranger(ControlService).status({}), ConnectError);
  using unnamed = controlClient(stubs.url, "", { ca: pem.ca, ...pem.client });
  const error = await assertRejects(() => unnamed(ControlService).status({}), ConnectError);
  assertEquals(error.code, Code.Unauthenticated);
});

Deno.test("a certificate that is none, and a key that is another's, are told in a sentence", async () => {
  await using folder = await tempDir();
  const pem = await tlsFiles(folder.path);
  const right = await serverTls(pem, { asks: true });
  const wrong = [
    { ...right, cert: "none" },
    { ...right, key: "none" },
    { ...right, key: pem.client.key },
    { ...right, clientCa: "none" },
  ];
  for (const tls of wrong) {
    await assertRejects(
      () => serveStubs({ tls }),
      FatalError,
      "The control address cannot speak TLS",
    );
  }
});
