import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { assertEquals } from "@std/assert";
import { Health } from "@gopool/proto/grpc";
import { FakeClock, tempDir, waitFor } from "@gopool/testing";
import { tlsFiles } from "@gopool/testing/servers";
import { HANDSHAKE_MS } from "./limits.ts";
import { serveStubs } from "./stub_fixture.ts";

/** What HTTP/2 begins with (RFC 9113, section 3.4), and an empty frame of settings. */
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");

async function stranger(address: string, bytes: Uint8Array): Promise<{ closed: boolean }> {
  const [hostname, port] = address.split(":");
  const connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
  await connection.write(bytes);
  const state = { closed: false };
  (async () => {
    using _connection = connection;
    const buffer = new Uint8Array(1_024);
    try {
      while (await connection.read(buffer) !== null) { /* settings, pings */ }
    } catch { /* cut off */ }
    state.closed = true;
  })();
  return state;
}

for (const secure of [false, true]) {
  const how = secure ? "TLS" : "no TLS";
  Deno.test(`a connection over which nothing is asked is cut, whatever it sends; a caller's stays (${how})`, async () => {
    await using folder = await tempDir();
    const { ca, files } = await tlsFiles(folder.path);
    const [cert, key] = await Promise.all(
      [files.serverCert, files.serverKey].map((file) => Deno.readTextFile(file)),
    );
    const clock = new FakeClock();
    const tls = secure ? { tls: { cert: cert!, key: key! } } : {};
    await using stubs = await serveStubs({ clock, ...tls });
    const [host, text] = stubs.address.split(":");
    const port = Number(text);
    const socket = secure
      ? connectTls({ host: host!, port, ca, ALPNProtocols: ["h2"] })
      : connect({ host: host!, port });
    socket.on("error", () => {});
    const sessionManager = new Http2SessionManager(stubs.url, {}, {
      createConnection: () => socket,
    });
    const transport = createGrpcTransport({ baseUrl: stubs.url, sessionManager });
    const client = createClient(Health, transport);
    await client.check({});
    const strangers = [
      await stranger(stubs.address, new Uint8Array()),
      await stranger(stubs.address, PREFACE.subarray(0, 1)),
      ...(secure ? [] : [await stranger(stubs.address, PREFACE)]),
    ];
    await waitFor(() => clock.sleepers === 1 + strangers.length, "the server to have them all");
    await clock.advance(HANDSHAKE_MS - 1);
    assertEquals(strangers.some(({ closed }) => closed), false);
    await clock.advance(1);
    await waitFor(() => strangers.every(({ closed }) => closed), "the strangers to be cut off");
    await client.check({});
    assertEquals(socket.destroyed, false);
    sessionManager.abort();
  });
}
