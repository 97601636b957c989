/**
 * payoutd's services behind a real server, with a client for each role. Imported by tests only.
 *
 * @module
 */
import { Code, ConnectError, controlClient, createAccess, serveControl } from "@gopool/control";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { ClientService, LedgerService, PayoutService, Role } from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { FakeClock } from "@gopool/testing";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildBooks, type Built } from "./books/books_fixture.ts";
import { SERVES } from "./rpc.ts";
import { createLedgerRpc, type LedgerRpcDeps } from "./rpc_ledger.ts";

const TOKENS = [
  { name: "rita", roles: [Role.READ] },
  { name: "ada", roles: [Role.MONEY] },
  { name: "web", roles: [Role.SETTINGS] },
  { name: "olga", roles: [Role.MONEY, Role.SETTINGS] },
] as const;
export type Who = (typeof TOKENS)[number]["name"];

/** A server of payoutd's services on a port of its own; nothing is provided yet. */
export async function controlStand() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(
    await serveControl({
      listen: { host: "127.0.0.1", port: 0 },
      serves: SERVES,
      access: createAccess({
        tokens: TOKENS.map((one) => ({ ...one, token: `token-${one.name}` })),
      }),
      ready: () => true,
      record: () => {},
      clock: systemClock,
      log: silent,
    }),
  );
  const as = (who: Who) => {
    const client = stack.use(controlClient(`http://127.0.0.1:${server.port}`, `token-${who}`));
    return {
      ledger: client(LedgerService),
      payouts: client(PayoutService),
      clients: client(ClientService),
    };
  };
  return {
    provide: server.provide,
    as,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export interface LedgerStand extends AsyncDisposable {
  readonly books: FreshLedger;
  readonly built: Built;
  readonly clock: FakeClock;
  readonly deps: LedgerRpcDeps;
  as: Awaited<ReturnType<typeof controlStand>>["as"];
}

/** Books with a bit of everything, and LedgerService over them. */
export async function ledgerStand(): Promise<LedgerStand> {
  const stack = new AsyncDisposableStack();
  const books = stack.use(await freshLedger());
  const built = await buildBooks(books);
  const control = stack.use(await controlStand());
  const clock = new FakeClock();
  const deps = {
    ledger: books,
    network: "regtest",
    clock,
    maturity: 100,
    reserveFloor: 5n,
  } as const;
  control.provide(LedgerService, createLedgerRpc(deps));
  return {
    books,
    built,
    clock,
    deps,
    as: control.as,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The rows of audit as they stand, the oldest first. */
export function audited(ledger: FreshLedger) {
  return ledger.ask<
    {
      who: string;
      method: string;
      reason: string;
      before: Record<string, unknown>;
      after: Record<string, unknown>;
    }
  >("SELECT who, method, reason, before, after FROM audit ORDER BY id");
}

/** The call must be refused so, with these words. */
export async function refusedWith(
  code: Code,
  words: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const error = await call().then(() => null, ConnectError.from);
  assertEquals(error && Code[error.code], Code[code], error?.message ?? "it was not refused");
  assertStringIncludes(error!.rawMessage, words);
}
