/**
 * Settings that miners change over REST, by payoutd's own judgement.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createSettingsForward } from "@gopool/apiserver/books";
import { Code, ConnectError, createAccess, serveControl } from "@gopool/control";
import { freshLedger } from "@gopool/ledger/fixture";
import { parseRequest, requestText } from "@gopool/ledger/clients";
import { noteTerms } from "@gopool/ledger/terms";
import {
  HOUR_MS,
  type Miner,
  minerOf,
  NOW_MS,
  openBooks,
  POOL,
  RULES,
  signedBy,
  THRESHOLD_SATS,
} from "@gopool/payoutd/clients/fixture";
import { createClientRpc, requestsBy } from "@gopool/payoutd/rpc_clients";
import { ClientService, Role } from "@gopool/proto/control";
import { silent, systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { publicApi, READS } from "./public_api.ts";

const clock = () => new FakeClock(NOW_MS);

/** payoutd's service behind a real server, and the public API that hands requests on to it. */
async function settingsStand(token = "token-web") {
  const stack = new AsyncDisposableStack();
  const ledger = stack.use(await freshLedger());
  const anna = minerOf(1);
  await openBooks(ledger, [anna]);
  await ledger.transaction((tx) =>
    noteTerms(tx, {
      thresholdSats: THRESHOLD_SATS,
      leastThresholdSats: RULES.leastThresholdSats,
      addressDelayMs: RULES.addressDelayMs,
      maturity: 100,
      feePayer: "pool",
    }, NOW_MS)
  );
  const server = stack.use(
    await serveControl({
      listen: { host: "127.0.0.1", port: 0 },
      serves: [ClientService],
      access: createAccess({
        tokens: [{ name: "web", token: "token-web", roles: [Role.SETTINGS] }],
      }),
      ready: () => true,
      record: () => {},
      clock: systemClock,
      log: silent,
    }),
  );
  const deps = { network: "regtest", clock: clock(), rules: RULES, ledger } as const;
  server.provide(ClientService, createClientRpc({ ...deps, thresholdSats: THRESHOLD_SATS }));
  const url = `http://127.0.0.1:${server.port}`;
  const forward = stack.use(createSettingsForward({ url, token, timeoutMs: 20_000 }));
  const own = stack.use(await ledger.again(READS));
  const api = publicApi({ ledger: own, clock: clock(), applyRequest: forward.apply });
  return {
    ledger,
    anna,
    server,
    api,
    deps,
    own,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The example of the API's answer with another setting, signed. */
function signedExample(
  miner: Miner,
  example: string,
  setting: "threshold" | "payout-address",
  value: string,
) {
  const { text: message, signature } = signedBy(
    miner,
    requestText({ ...parseRequest(example)!, setting, value }),
  );
  return { message, signature };
}

Deno.test("a miner reads its settings, signs the example with a value of its own, and it is followed once", async () => {
  await using it = await settingsStand();
  const { anna, api } = it;
  const path = `/miners/${anna.address}/settings`;
  const before = (await api.get(path)).body;
  assertEquals(
    [before.payoutThresholdSats, before.payoutAddress, before.pendingPayoutAddress],
    [String(THRESHOLD_SATS), anna.address, ""],
  );
  assertEquals(
    [before.feeBasisPoints, before.leastThresholdSats, before.addressDelaySeconds],
    [100, "10000", RULES.addressDelayMs / 1_000],
  );
  const example = parseRequest(before.messageExample)!;
  assertEquals(
    [example.pool, example.network, example.account, BigInt(`0x${example.nonce}`)],
    ["gopool", "regtest", anna.address, BigInt(before.nextNonce)],
  );
  const request = signedExample(anna, before.messageExample, "threshold", "25000");
  const told = await api.post(path, request);
  assertEquals([told.status, told.body], [200, {
    changes: [`It was default, it is 25000 from ${iso(NOW_MS)} on.`],
  }]);
  const again = await api.post(path, request);
  assertEquals(again.status, 200);
  assert(again.body.changes[0].endsWith("nothing was done now."));
  const after = (await api.get(path)).body;
  assertEquals(after.payoutThresholdSats, "25000");
  assert(BigInt(after.nextNonce) > BigInt(before.nextNonce));

  const cold = minerOf(2, "p2tr");
  const moved = signedExample(anna, after.messageExample, "payout-address", cold.address);
  assertEquals((await api.post(path, moved)).status, 200);
  const pending = (await api.get(path)).body;
  assertEquals(
    [pending.payoutAddress, pending.pendingPayoutAddress, pending.pendingFrom],
    [anna.address, cold.address, iso(NOW_MS + RULES.addressDelayMs)],
  );
});

Deno.test("what payoutd refuses is told in its own words, with a code that says what kind it is", async () => {
  await using it = await settingsStand();
  const { anna, api } = it;
  const path = `/miners/${anna.address}/settings`;
  const { messageExample: example } = (await api.get(path)).body;
  const thief = minerOf(66);
  const refused = async (body: { message: string; signature: string }) => {
    const { status, body: { code, message } } = await api.post(path, body);
    return [status, code, message] as const;
  };
  const stolen = await refused(signedExample(thief, example, "threshold", "30000"));
  assertEquals(stolen.slice(0, 2), [403, "permission_denied"]);
  assertMatch(stolen[2], /is not signed by/);
  const low = await refused(signedExample(anna, example, "threshold", "1"));
  assertEquals(low.slice(0, 2), [400, "invalid_argument"]);
  assertMatch(low[2], /whole number of satoshis from 10000 on/);
  const garbled = await refused({ message: "please pay me more", signature: "AAAA" });
  assertEquals(garbled.slice(0, 2), [400, "invalid_argument"]);
  const late = signedBy(
    anna,
    requestText({ ...parseRequest(example)!, expiresAtMs: NOW_MS - HOUR_MS }),
  );
  const expired = await refused({ message: late.text, signature: late.signature });
  assertEquals(expired.slice(0, 2), [400, "failed_precondition"]);
  const stranger = signedBy(
    thief,
    requestText({ ...parseRequest(example)!, account: thief.address }),
  );
  const unknown = await refused({ message: stranger.text, signature: stranger.signature });
  assertEquals(unknown.slice(0, 2), [404, "not_found"]);
  assertEquals(await it.ledger.ask("SELECT FROM client_request"), []);
  // The pool's own address is nobody's to be paid at.
  const own = await refused(signedExample(anna, example, "payout-address", POOL.address));
  assertMatch(own[2], /is the pool's own address/);
});

Deno.test("while payoutd is away or refuses the pool's own token, a change is 503 and says to send it again", async () => {
  for (const token of ["token-web", "another"]) {
    await using it = await settingsStand(token);
    const { anna, api, server } = it;
    const path = `/miners/${anna.address}/settings`;
    const { messageExample: example } = (await api.get(path)).body;
    if (token === "token-web") await server[Symbol.asyncDispose]();
    const { status, body } = await api.post(
      path,
      signedExample(anna, example, "threshold", "25000"),
    );
    assertEquals([status, body.code], [503, "unavailable"]);
    assertMatch(body.message, /send the same message again in a while, it is followed once/);
    assert(!/token|127\.0\.0\.1|ECONN/.test(body.message), body.message);
    assert(api.lines.some(({ message }) => message.includes("could not be handed on")));
  }
});

Deno.test("a server that takes no changes says so; in one process with the books they need no call", async () => {
  await using it = await settingsStand();
  const { anna, own, deps } = it;
  const path = `/miners/${anna.address}/settings`;
  const none = publicApi({ ledger: own, clock: clock() });
  const { messageExample: example } = (await none.get(path)).body;
  const request = signedExample(anna, example, "threshold", "25000");
  assertEquals((await none.post(path, request)).body.code, "unimplemented");
  const direct = publicApi({
    ledger: own,
    clock: clock(),
    applyRequest: requestsBy(deps, "apiserver"),
  });
  assertEquals((await direct.post(path, request)).status, 200);
  const [row] = await it.ledger.ask<{ who: string }>("SELECT who FROM audit");
  assertEquals(row!.who, "apiserver");
});

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

Deno.test("of changes that come all at once a few are handed on, the others are told to come again", async () => {
  const miner = minerOf(1);
  const held = Promise.withResolvers<void>();
  let handed = 0;
  const api = publicApi({
    ledger: { transaction: () => Promise.reject(new Error("not asked")) },
    clock: clock(),
    async applyRequest() {
      handed++;
      await held.promise;
      throw new ConnectError("not now", Code.Unavailable);
    },
  });
  const send = () =>
    api.post(`/miners/${miner.address}/settings`, { message: "x", signature: "y" });
  const first = Array.from({ length: 4 }, send);
  await waitFor(() => handed === 4, "four under way");
  const more = await Promise.all([send(), send()]);
  assertEquals(more.map(({ status, body }) => [status, body.code]), [
    [429, "resource_exhausted"],
    [429, "resource_exhausted"],
  ]);
  assertMatch(more[0]!.body.message, /^Too many changes of settings .* again in a moment$/);
  assertEquals(more[0]!.retryAfter, "1");
  held.resolve();
  // Whatever came of them, their places are free again.
  assertEquals((await Promise.all(first)).map(({ status }) => status), [503, 503, 503, 503]);
  assertEquals([(await send()).status, handed], [503, 5]);
});
