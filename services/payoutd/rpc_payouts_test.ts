import { assertEquals } from "@std/assert";
import { Code } from "@gopool/control";
import { PayoutService, PayoutState } from "@gopool/proto/control";
import { address, MATURITY, type PayoutStand, payoutStand } from "./payouts/fixture.ts";
import type { PayoutSettings } from "./payouts/mod.ts";
import { audited, controlStand, refusedWith } from "./rpc_fixture.ts";
import { createPayoutRpc } from "./rpc_payouts.ts";

/** Payments on a simulated chain, and PayoutService over them, on a payoutd that keeps no books. */
async function payoutsBehind(settings: Partial<PayoutSettings> = {}) {
  const stack = new AsyncDisposableStack();
  const stand = stack.use(await payoutStand({ settings }));
  const control = stack.use(await controlStand());
  // Another payoutd on the same books: it plans, and whoever keeps the books signs and sends.
  const ledger = stack.use(await stand.ledger.again());
  control.provide(PayoutService, createPayoutRpc({ ...stand.deps, ledger }));
  return {
    stand,
    as: control.as,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function due(stand: PayoutStand, credits: Record<number, bigint>): Promise<void> {
  await stand.reward(credits);
  await stand.mine(MATURITY - 1);
}

Deno.test("a run before its time plans what its preview said, once, and its yes is said once", async () => {
  await using it = await payoutsBehind({ approval: true });
  const { stand } = it;
  await due(stand, { 1: 500_000n, 2: 40_000n, 3: 9_999n });
  const { payouts } = it.as("ada");
  const preview = await payouts.previewPayouts({ lines: 1 });
  assertEquals([preview.dueSats, preview.plannedSats, preview.rested], [540_000n, 540_000n, ""]);
  assertEquals(preview.payments.map(({ payees, lines }) => [payees, lines.length]), [[2, 1]]);
  assertEquals((await payouts.listPayouts({})).payouts, []);

  const runs = await Promise.all([1, 2, 3].map(() => payouts.runPayouts({ reason: "holiday" })));
  const [first] = runs.filter(({ rested }) => rested === "");
  assertEquals([first!.payouts, first!.plannedSats], [[1n], 540_000n]);
  assertEquals(
    runs.filter(({ rested }) => rested === "1 planned before wait for an operator or a signature")
      .length,
    2,
  );
  const yes = await Promise.allSettled(
    [1, 2].map(() => payouts.approvePayout({ id: 1n, reason: "looked at" })),
  );
  assertEquals(yes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assertEquals(
    (await audited(stand.ledger)).map(({ who, method, reason }) => [who, method, reason]),
    [
      ["ada", "PayoutService/RunPayouts", "holiday"],
      ["ada", "PayoutService/ApprovePayout", "looked at"],
    ],
  );
  // The one that keeps the books goes on with it.
  await stand.step();
  const { payout, attempts } = await payouts.getPayout({ id: 1n });
  assertEquals([payout!.state, payout!.payees], [PayoutState.BROADCAST, 2]);
  assertEquals(attempts.map(({ txid }) => txid.length), [64]);
  const lines = await payouts.listPayoutLines({ id: 1n, pageSize: 1 });
  const rest = await payouts.listPayoutLines({ id: 1n, pageToken: lines.nextPageToken });
  assertEquals(
    [...lines.lines, ...rest.lines].map(({ account, address, grossSats }) => [
      account,
      address,
      grossSats,
    ]),
    [[address(2), address(2), 40_000n], [address(1), address(1), 500_000n]],
  );
});

Deno.test("paused by one payoutd, nothing is planned or sent by another; resumed, it goes on; a bump replaces", async () => {
  await using it = await payoutsBehind();
  const { stand } = it;
  await due(stand, { 1: 500_000n });
  const { payouts } = it.as("ada");
  assertEquals(
    await payouts.pausePayouts({ reason: "a doubt" }).then(({ wasPaused }) => wasPaused),
    false,
  );
  await stand.step();
  const standing = await payouts.getPayoutStanding({});
  assertEquals(
    [standing.paused, standing.who, standing.reason, standing.signer],
    [true, "ada", "a doubt", "the tests' keys"],
  );
  assertEquals((await payouts.previewPayouts({})).rested, "payouts are paused");
  assertEquals((await payouts.runPayouts({ reason: "x" })).rested, "payouts are paused");
  assertEquals((await payouts.resumePayouts({ reason: "none left" })).wasPaused, true);
  await stand.step();
  assertEquals((await stand.payout(1n)).state, "broadcast");
  await refusedWith(
    Code.FailedPrecondition,
    "the highest rate allowed is 200000",
    () => payouts.bumpPayout({ id: 1n, feeRate: 200_001n, reason: "slow" }),
  );
  const bumped = await payouts.bumpPayout({ id: 1n, feeRate: 20_000n, reason: "slow" });
  assertEquals([bumped.attempt, bumped.moreSats > 0n], [1, true]);
  await refusedWith(
    Code.FailedPrecondition,
    "a signer has seen it",
    () => payouts.cancelPayout({ id: 1n, reason: "x" }),
  );
  const rows = await audited(stand.ledger);
  assertEquals(rows.map(({ method }) => method), [
    "PayoutService/PausePayouts",
    "PayoutService/ResumePayouts",
    "PayoutService/BumpPayout",
  ]);
  assertEquals(rows[2]!.after.feeSats, String(bumped.feeSats));
});

Deno.test("one that no signer has seen is called off; lists are paged and filtered", async () => {
  await using it = await payoutsBehind({ approval: true });
  const { stand } = it;
  await due(stand, { 1: 500_000n });
  const { payouts } = it.as("ada");
  for (let i = 0; i < 3; i++) {
    const { payouts: [id] } = await payouts.runPayouts({ reason: "again" });
    await payouts.cancelPayout({ id, reason: "not yet" });
  }
  await payouts.runPayouts({ reason: "again" });
  assertEquals(await stand.balance(1), 0n);
  const ids = [];
  let pageToken = "";
  do {
    const page = await payouts.listPayouts({ pageSize: 3, pageToken });
    ids.push(...page.payouts.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  assertEquals(ids, [4n, 3n, 2n, 1n]);
  const awaiting = await payouts.listPayouts({ state: PayoutState.AWAITING });
  assertEquals(awaiting.payouts.map(({ id, grossSats }) => [id, grossSats]), [[4n, 500_000n]]);
});

Deno.test("payments are refused in sentences: what there is none of, what names no reason, and who may not", async () => {
  await using it = await payoutsBehind();
  const { payouts } = it.as("ada");
  const none = (call: () => Promise<unknown>) =>
    refusedWith(Code.NotFound, "There is no payout 77", call);
  await none(() => payouts.getPayout({ id: 77n }));
  await none(() => payouts.listPayoutLines({ id: 77n }));
  await none(() => payouts.approvePayout({ id: 77n, reason: "x" }));
  await none(() => payouts.cancelPayout({ id: 77n, reason: "x" }));
  await none(() => payouts.bumpPayout({ id: 77n, feeRate: 1n, reason: "x" }));
  const wrong = (field: string, call: () => Promise<unknown>) =>
    refusedWith(Code.InvalidArgument, field, call);
  await wrong("id", () => payouts.getPayout({}));
  await wrong("reason", () => payouts.pausePayouts({}));
  await wrong("reason", () => payouts.pausePayouts({ reason: " " }));
  await wrong("fee_rate", () => payouts.bumpPayout({ id: 1n, reason: "x" }));
  await wrong("page_token", () => payouts.listPayouts({ pageToken: "-1" }));
  for (const who of ["rita", "web"] as const) {
    await refusedWith(
      Code.PermissionDenied,
      "money",
      () => it.as(who).payouts.pausePayouts({ reason: "x" }),
    );
  }
  assertEquals(await audited(it.stand.ledger), []);
});

Deno.test("where nobody signs nothing is planned, and that is said", async () => {
  await using stand = await payoutStand();
  await using control = await controlStand();
  control.provide(PayoutService, createPayoutRpc({ ...stand.deps, signer: null }));
  await due(stand, { 1: 500_000n });
  await refusedWith(
    Code.FailedPrecondition,
    "Nobody signs",
    () => control.as("ada").payouts.runPayouts({ reason: "x" }),
  );
  assertEquals((await control.as("rita").payouts.listPayouts({})).payouts, []);
});
