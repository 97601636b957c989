/**
 * Several processes: two gateways, each behind a control address of its own, with a few sessions of our making. What
 * one of them knows is found, what both know is put together, and what is said to one must name it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Code, ConnectError, createAccess, serveControl, type ServerTls } from "@gopool/control";
import { CHIEF, stubOf } from "@gopool/control/fixture";
import {
  ControlService,
  create,
  DrainResponseSchema,
  GetGatewayResponseSchema,
  GetSessionResponseSchema,
  ListSessionsResponseSchema,
  Phase,
  SessionService,
  StatusResponseSchema,
} from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { freePort, tempDir } from "@gopool/testing";
import { tlsFiles } from "@gopool/testing/servers";
import { ctl, type CtlRun } from "./fixture.ts";

interface Gateway extends AsyncDisposable {
  readonly address: string;
  readonly drained: string[];
}

/** A gateway with these sessions. */
async function gateway(sessions: readonly string[], tls?: ServerTls): Promise<Gateway> {
  const drained: string[] = [];
  const server = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves: [ControlService, SessionService],
    // The certificate of tests is made for this name.
    access: createAccess({ tokens: [CHIEF], certificates: [{ ...CHIEF, name: "gopool" }] }),
    ready: () => true,
    record: () => {},
    clock: systemClock,
    log: silent,
    ...(tls === undefined ? {} : { tls }),
  });
  server.provide(ControlService, {
    ...stubOf(ControlService),
    status: () =>
      create(StatusResponseSchema, {
        name: "stratumd",
        version: "1.2.3",
        ready: true,
        phase: Phase.WORKING,
        services: ["stratumd", "nodes/look"].map((name) => ({ name, phase: Phase.WORKING })),
      }),
    drain({ service }) {
      drained.push(service);
      return create(DrainResponseSchema, {
        services: [{ name: "stratumd", phase: Phase.DRAINED }],
      });
    },
  });
  server.provide(SessionService, {
    ...stubOf(SessionService),
    getGateway: () => create(GetGatewayResponseSchema, { gateway: "g", sessions: sessions.length }),
    listSessions: ({ pageSize, pageToken }) => {
      const from = Number(pageToken || 0),
        page = sessions.slice(from, from + Math.min(pageSize, 1));
      const next = from + page.length;
      return create(ListSessionsResponseSchema, {
        sessions: page.map((id) => ({ id })),
        nextPageToken: next < sessions.length ? String(next) : "",
      });
    },
    getSession({ id }) {
      if (sessions.includes(id)) return create(GetSessionResponseSchema, { session: { id } });
      throw new ConnectError(`there is no session ${id}`, Code.NotFound);
    },
  });
  return {
    address: `127.0.0.1:${server.port}`,
    drained,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function asked(addresses: readonly string[], env: CtlRun["env"] = {}) {
  const all: Record<string, string> = {
    GOPOOL_CONTROL_ADDRESSES: addresses.join(),
    GOPOOL_CONTROL_TOKEN: CHIEF.token,
    ...env,
  };
  return (...args: readonly string[]) => ctl(args, { env: all });
}

Deno.test("lists come from every gateway, page after page, and one session from the one that has it", async () => {
  await using one = await gateway(["a-1", "a-2", "a-3"]);
  await using two = await gateway(["b-1"]);
  const run = asked([one.address, two.address]);
  const list = await run("sessions");
  assertEquals([list.code, list.stderr], [0, ""]);
  for (const [address, id] of [[one.address, "a-3"], [two.address, "b-1"]]) {
    assertMatch(list.stdout, new RegExp(`^${address} +${id} `, "m"));
  }
  const lines = (await run("--json", "sessions", "--limit", "2")).stdout.trim().split("\n");
  assertEquals(lines.map((line) => JSON.parse(line).id), ["a-1", "a-2"]);
  assertEquals((await run("sessions", "show", "b-1")).code, 0);
  const none = await run("sessions", "show", "c-1");
  assertEquals([none.code, none.stdout, none.stderr], [1, "", "There is no session c-1\n"]);
});

Deno.test("what ends a service's work is said to one process, which must be named", async () => {
  await using one = await gateway([]);
  await using two = await gateway([]);
  const run = asked([one.address, two.address]);
  const unnamed = await run("drain", "stratumd");
  assertEquals([unnamed.code, unnamed.stdout], [2, ""]);
  assertStringIncludes(unnamed.stderr, "Which one? Name one of them with --address");
  const named = await run("--address", two.address, "drain", "stratumd");
  assertEquals([named.code, named.stdout], [0, "stratumd is drained\n"]);
  assertEquals([one.drained, two.drained], [[], [""]]);
});

Deno.test("an address that is dead keeps no other from being asked, and is not well", async () => {
  await using one = await gateway(["a-1"]);
  const dead = `127.0.0.1:${freePort()}`;
  const run = asked([dead, one.address]);
  const status = await run("status");
  assertEquals(status.code, 1);
  assertMatch(status.stdout, new RegExp(`${dead} +does not answer`));
  // The process and its service are one row, and what helps it has none.
  assertEquals(status.stdout.match(new RegExp(`^.* ${one.address} .*$`, "gm"))?.length, 1);
  assertMatch(status.stdout, new RegExp(`^stratumd +${one.address} +working`, "m"));
  const sessions = await run("sessions");
  assertEquals(sessions.code, 0);
  assertStringIncludes(sessions.stderr, `${dead} does not answer`);
  const jobs = await run("jobs");
  assertEquals([jobs.code, jobs.stdout], [3, ""]);
  assertStringIncludes(jobs.stderr, `No jobmanager runs at ${one.address} (stratumd): name where`);
});

Deno.test("over TLS the server must be who the certificates say, and the caller may be known by one", async () => {
  await using folder = await tempDir();
  const { files, ca } = await tlsFiles(folder.path);
  const tls = {
    cert: await Deno.readTextFile(files.serverCert),
    key: await Deno.readTextFile(files.serverKey),
  };
  await using one = await gateway(["a-1"], tls);
  await using strict = await gateway(["a-1"], { ...tls, clientCa: ca });
  const authority = { GOPOOL_CONTROL_CA: files.ca };
  const known = await asked([`https://${one.address}`], authority)("sessions");
  assertEquals([known.code, known.stderr], [0, ""]);
  const certified = {
    ...authority,
    GOPOOL_CONTROL_CLIENT_CERT: files.clientCert,
    GOPOOL_CONTROL_CLIENT_KEY: files.clientKey,
    GOPOOL_CONTROL_TOKEN: "",
    // What lies there is another pool's: a certificate alone is shown.
    GOPOOL_DATA_DIR: folder.path,
  };
  await Deno.writeTextFile(folder.join("control-token"), "a-token-of-another-pool");
  const byName = await asked([`https://${strict.address}`], certified)("sessions");
  assertEquals([byName.code, byName.stderr], [0, ""]);

  for (
    const [address, env] of [
      [`https://${one.address}`, {}],
      [`https://${strict.address}`, authority],
      [one.address, {}],
    ] as const
  ) {
    const { code, stdout, stderr } = await asked([address], env)("sessions");
    assertEquals([code, stdout], [3, ""], stderr);
    assertStringIncludes(stderr, "does not answer (");
    assert(!stderr.includes(CHIEF.token));
  }
});
