/**
 * For tests: a server with every service of the control plane, whose methods answer with empty messages.
 *
 * @module
 */
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { create, type DescMethod, type DescService, Role } from "@gopool/proto/control";
import * as control from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { createAccess, type Token } from "./access.ts";
import { caller } from "./note.ts";
import type { RecordedCall } from "./record.ts";
import { type ControlServer, type ControlServerOptions, serveControl } from "./server.ts";

/** All services of gopool.control.v1: whatever @gopool/proto/control exports that is one. */
export const SERVICES: readonly DescService[] = Object.values(control as Record<string, unknown>)
  .filter(isService);

function isService(one: unknown): one is DescService {
  return typeof one === "object" && one !== null && "kind" in one && one.kind === "service";
}

/** A token for each role, none for "public", and one that may nothing. */
export const TOKENS: readonly Token[] = [
  ...[Role.READ, Role.OPERATE, Role.MONEY, Role.SETTINGS, Role.INTERNAL].map((role) => ({
    name: `who may ${Role[role]}`,
    roles: [role],
    token: tokenOf(role),
  })),
];

export function tokenOf(role: Role): string {
  return `token-of-${Role[role].toLowerCase()}-0123456789`;
}

/** One who may everything that an operator may. */
export const CHIEF: Token = {
  name: "chief",
  roles: [Role.READ, Role.OPERATE, Role.MONEY, Role.SETTINGS],
  token: "token-of-the-chief-0123456789",
};

/** What a stub was called with. */
export interface Seen {
  readonly method: string;
  readonly caller: string;
}

export interface StubServer extends AsyncDisposable {
  readonly server: ControlServer;
  readonly url: string;
  readonly address: string;
  /** In the order in which implementations were reached. */
  readonly seen: Seen[];
  readonly records: RecordedCall[];
  ready: boolean;
}

/** @param options What differs from a server on any port of this machine that has all services. */
export async function serveStubs(
  { provided, ...options }: Partial<ControlServerOptions> & {
    /** Default: all that is served. */
    readonly provided?: readonly DescService[];
  } = {},
): Promise<StubServer> {
  const seen: Seen[] = [];
  const records: RecordedCall[] = [];
  const state = { ready: true };
  const serves = options.serves ?? SERVICES;
  const server = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves,
    access: createAccess({ tokens: [...TOKENS, CHIEF] }),
    ready: () => state.ready,
    record: (call) => records.push(call),
    clock: systemClock,
    log: silent,
    ...options,
  });
  for (const service of provided ?? serves) server.provide(service, stubOf(service, seen));
  const scheme = options.tls === undefined ? "http" : "https";
  return {
    server,
    url: `${scheme}://127.0.0.1:${server.port}`,
    address: `127.0.0.1:${server.port}`,
    seen,
    records,
    get ready() {
      return state.ready;
    },
    set ready(value) {
      state.ready = value;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Each method answers with one empty message. */
export function stubOf<S extends DescService>(service: S, seen: Seen[] = []): ServiceImpl<S> {
  const methods = service.methods.map((method) => [method.localName, stub(method, seen)]);
  return Object.fromEntries(methods) as ServiceImpl<S>;
}

function stub(method: DescMethod, seen: Seen[]) {
  const note = (context: HandlerContext) => {
    seen.push({
      method: `${method.parent.typeName}/${method.name}`,
      caller: caller(context).name,
    });
  };
  if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
    return (_: unknown, context: HandlerContext) => {
      note(context);
      return create(method.output);
    };
  }
  return async function* (_: unknown, context: HandlerContext) {
    note(context);
    yield await Promise.resolve(create(method.output));
  };
}
