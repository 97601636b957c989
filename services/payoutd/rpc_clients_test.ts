import { assertEquals } from "@std/assert";
import { Code } from "@gopool/control";
import { freshLedger } from "@gopool/ledger/fixture";
import { ClientService, RequestRefusal } from "@gopool/proto/control";
import { FakeClock } from "@gopool/testing";
import {
  HOUR_MS,
  minerOf,
  NOW_MS,
  openBooks,
  requestOf,
  RULES,
  signedBy,
  THRESHOLD_SATS,
} from "./clients/client_fixture.ts";
import { createClientRpc, requestsBy } from "./rpc_clients.ts";
import { audited, controlStand, refusedWith } from "./rpc_fixture.ts";

const ALICE = minerOf(1);
const THIEF = minerOf(66);

async function stand() {
  const stack = new AsyncDisposableStack();
  const books = stack.use(await freshLedger());
  await openBooks(books, [ALICE]);
  const control = stack.use(await controlStand());
  const clock = new FakeClock(NOW_MS);
  const deps = {
    network: "regtest",
    clock,
    rules: RULES,
    thresholdSats: THRESHOLD_SATS,
  } as const;
  control.provide(ClientService, createClientRpc({ ...deps, ledger: books }));
  return {
    books,
    clock,
    as: control.as,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("a signed request is followed whoever carries it, once, and is seen in what the account has chosen", async () => {
  await using it = await stand();
  const { clients } = it.as("web");
  const before = await clients.getClient({ account: ALICE.address });
  assertEquals(
    [before.thresholdSats, before.ownThreshold, before.payoutAddress, before.feeBasisPoints],
    [THRESHOLD_SATS, false, ALICE.address, 100],
  );
  const request = signedBy(ALICE, requestOf(ALICE, "threshold", "25000"));
  const answers = await Promise.all([1, 2, 3].map(() => clients.applyRequest(request)));
  assertEquals(answers.map(({ refusal }) => refusal), [0, 0, 0]);
  assertEquals(answers.filter(({ again }) => !again).length, 1);
  assertEquals([answers[0]!.before, answers[0]!.after], ["default", "25000"]);
  assertEquals(await audited(it.books), [{
    who: "web",
    method: "ClientService/ApplyRequest",
    reason: `signed request 1 of ${ALICE.address}`,
    before: { account: ALICE.address, setting: "threshold", value: "default" },
    after: {
      account: ALICE.address,
      setting: "threshold",
      value: "25000",
      fromMs: NOW_MS,
      requestId: "1",
    },
  }]);
  const other = minerOf(7).address;
  await clients.applyRequest(signedBy(ALICE, requestOf(ALICE, "payout-address", other)));
  const after = await clients.getClient({ account: ALICE.address });
  assertEquals(
    [after.thresholdSats, after.ownThreshold, after.payoutAddress, after.pendingAddress],
    [25_000n, true, ALICE.address, other],
  );
  assertEquals(after.pendingFromMs, BigInt(NOW_MS + 48 * HOUR_MS));
  const page = await clients.listClientRequests({ account: ALICE.address, pageSize: 1 });
  const rest = await clients.listClientRequests({
    account: ALICE.address,
    pageToken: page.nextPageToken,
  });
  assertEquals(
    [...page.requests, ...rest.requests].map(({ id, setting }) => [id, setting]),
    [[2n, "payout-address"], [1n, "threshold"]],
  );
});

Deno.test("a request that is not the miner's own changes nothing and is answered with why", async () => {
  await using it = await stand();
  const { clients } = it.as("web");
  const text = requestOf(ALICE, "payout-address", THIEF.address);
  const forged = await clients.applyRequest(signedBy(THIEF, text));
  assertEquals(forged.refusal, RequestRefusal.BAD_SIGNATURE);
  assertEquals(forged.why.startsWith(`This request is not signed by ${ALICE.address}`), true);
  const { signature } = signedBy(ALICE, text);
  const changed = await clients.applyRequest({
    text: text.replace(THIEF.address, minerOf(9).address),
    signature,
  });
  assertEquals(changed.refusal, RequestRefusal.BAD_SIGNATURE);
  const unknown = await clients.applyRequest(
    signedBy(THIEF, requestOf(THIEF, "threshold", "25000")),
  );
  assertEquals(unknown.refusal, RequestRefusal.UNKNOWN_ACCOUNT);
  assertEquals(
    (await clients.applyRequest({ text: "x", signature: "y" })).refusal,
    RequestRefusal.MALFORMED,
  );
  assertEquals(await audited(it.books), []);
  assertEquals((await clients.getClient({ account: ALICE.address })).pendingAddress, "");
});

Deno.test("requests are carried by the settings' role alone, and wrong questions are refused by their field", async () => {
  await using it = await stand();
  const request = signedBy(ALICE, requestOf(ALICE, "threshold", "25000"));
  for (const who of ["rita", "ada"] as const) {
    await refusedWith(
      Code.PermissionDenied,
      "settings",
      () => it.as(who).clients.applyRequest(request),
    );
  }
  const { clients } = it.as("web");
  await refusedWith(
    Code.InvalidArgument,
    "text",
    () => clients.applyRequest({ ...request, text: "x".repeat(1_001) }),
  );
  await refusedWith(Code.InvalidArgument, "signature", () => clients.applyRequest({ text: "x" }));
  await refusedWith(Code.InvalidArgument, "account", () => clients.getClient({}));
  await refusedWith(
    Code.NotFound,
    "Nobody has mined here",
    () => clients.getClient({ account: THIEF.address }),
  );
});

Deno.test("a part of the same process hands requests in without a call, and is named in the audit", async () => {
  await using books = await freshLedger();
  await openBooks(books, [ALICE]);
  const clock = new FakeClock(NOW_MS);
  const apply = requestsBy({ ledger: books, network: "regtest", clock, rules: RULES }, "web");
  const request = signedBy(ALICE, requestOf(ALICE, "threshold", "25000"));
  const { refusal, after, again } = await apply(request);
  assertEquals([refusal, after, again], [RequestRefusal.UNSPECIFIED, "25000", false]);
  assertEquals((await apply(request)).again, true);
  const stolen = await apply(signedBy(THIEF, requestOf(ALICE, "threshold", "30000")));
  assertEquals([stolen.refusal, stolen.after], [RequestRefusal.BAD_SIGNATURE, ""]);
  assertEquals((await audited(books)).map(({ who }) => who), ["web"]);
});
