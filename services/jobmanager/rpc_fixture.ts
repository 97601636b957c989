/**
 * JobService over a real control server on loopback, and a client of it.
 *
 * @module
 */
import {
  type Client,
  Code,
  ConnectError,
  controlClient,
  createAccess,
  type Protocol,
  type RecordedCall,
  serveControl,
} from "@gopool/control";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Nodes } from "@gopool/node";
import { JobService, Role } from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import type { Desk } from "./desk.ts";
import { createJobRpc } from "./rpc.ts";

const TOKEN = "only-on-loopback";

export interface Served extends AsyncDisposable {
  readonly jobs: Client<typeof JobService>;
  /** The changing calls, as the server recorded them: `Method: before -> after`. */
  readonly recorded: readonly string[];
}

export async function serveJobs(
  deps: { readonly desk: Desk; readonly nodes: Nodes },
  protocol: Protocol = "grpc",
): Promise<Served> {
  const recorded: string[] = [];
  const server = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves: [JobService],
    access: createAccess({ tokens: [{ name: "test", token: TOKEN, roles: [Role.OPERATE] }] }),
    ready: () => true,
    record: ({ method, before, after, error }: RecordedCall) =>
      recorded.push(`${method.split("/")[1]}: ${error === "" ? `${before} -> ${after}` : error}`),
    clock: systemClock,
    log: silent,
  });
  server.provide(JobService, createJobRpc(deps));
  const client = controlClient(`http://127.0.0.1:${server.port}`, TOKEN, { protocol });
  return {
    jobs: client(JobService),
    recorded,
    async [Symbol.asyncDispose]() {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The call must be refused so. */
export async function refused(call: Promise<unknown>, code: Code, words: RegExp): Promise<void> {
  const error = await assertRejects(() => call, ConnectError);
  assertEquals(Code[error.code], Code[code], error.message);
  assertMatch(error.rawMessage, words);
}
