import { assertEquals } from "@std/assert";
import { Code } from "@gopool/control";
import type { FreshLedger } from "@gopool/ledger/fixture";
import { LedgerService } from "@gopool/proto/control";
import { addressOf } from "./books/books_fixture.ts";
import { audited, controlStand, ledgerStand, refusedWith } from "./rpc_fixture.ts";
import { createLedgerRpc } from "./rpc_ledger.ts";

let requests = 0;
const requestId = () => `request-${++requests}`;

async function matureOf(ledger: FreshLedger, account: string): Promise<bigint> {
  const [row] = await ledger.ask<{ sats: string }>(
    `SELECT sats::text FROM balance JOIN account ON id = account_id
     WHERE bucket = 1 AND (name = $1 OR (kind = $1 AND name = ''))`,
    [account],
  );
  return BigInt(row?.sats ?? 0);
}

Deno.test("an adjustment moves money, and what it found and left stands in the audit, with who and why", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("ada");
  const before = await matureOf(stand.books, addressOf(1));
  const done = await ledger.adjust({
    account: addressOf(1),
    sats: -70n,
    reason: " a refund ",
    requestId: requestId(),
  });
  assertEquals([done.beforeSats, done.afterSats, done.again], [before, before - 70n, false]);
  assertEquals(await matureOf(stand.books, addressOf(1)), before - 70n);
  assertEquals(await audited(stand.books), [{
    who: "ada",
    method: "LedgerService/Adjust",
    reason: "a refund",
    before: { account: addressOf(1), mature: String(before) },
    after: {
      account: addressOf(1),
      sats: "-70",
      mature: String(before - 70n),
      adjustment: String(done.adjustment),
    },
  }]);
  const { entries: [entry] } = await ledger.listEntries({ newestFirst: true, account: "operator" });
  assertEquals(entry!.cause, {
    case: "operator",
    value: {
      $typeName: "gopool.control.v1.OperatorCause",
      adjustment: done.adjustment,
      who: "ada",
      reason: "a refund",
    },
  });
  const { rows } = await ledger.listAudit({ who: "ada", method: "LedgerService/Adjust" });
  assertEquals(rows.map(({ reason }) => reason), ["a refund"]);
  assertEquals((await ledger.listAudit({ who: "rita" })).rows, []);
});

Deno.test("without its row of audit nothing is changed", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("ada");
  const before = await matureOf(stand.books, addressOf(1));
  await stand.books.ask("REVOKE INSERT ON audit FROM gopool_payoutd");
  const order = { account: addressOf(1), sats: 5n, reason: "x", requestId: requestId() };
  await refusedWith(Code.Internal, "failed inside the service", () => ledger.adjust(order));
  assertEquals(await matureOf(stand.books, addressOf(1)), before);
  assertEquals(
    await stand.books.ask("SELECT 1 FROM adjustment WHERE kind = 'adjust'"),
    [],
  );
});

Deno.test("the same request again, or twice at once on two payoutd, is done once", async () => {
  await using stand = await ledgerStand();
  await using other = await controlStand();
  await using again = await stand.books.again();
  other.provide(LedgerService, createLedgerRpc({ ...stand.deps, ledger: again }));
  const [one, two] = [stand.as("ada").ledger, other.as("ada").ledger];
  const before = await matureOf(stand.books, "fee");
  const order = { account: "fee", sats: 40n, reason: "twice", requestId: requestId() };
  const answers = await Promise.all([one.adjust(order), two.adjust(order), one.adjust(order)]);
  assertEquals(await matureOf(stand.books, "fee"), before + 40n);
  assertEquals(new Set(answers.map(({ adjustment }) => adjustment)).size, 1);
  assertEquals(answers.filter((answer) => !answer.again).length, 1);
  assertEquals(new Set(answers.map(({ afterSats }) => afterSats)), new Set([before + 40n]));
  await refusedWith(
    Code.FailedPrecondition,
    "was used before, for another request",
    () => one.adjust({ ...order, sats: 41n }),
  );
  // Another caller's name for its own request is another request.
  assertEquals((await stand.as("olga").ledger.adjust(order)).again, false);
  assertEquals((await audited(stand.books)).length, 2);

  const move = { sats: 500n, reason: "fill", requestId: requestId() };
  const moved = await Promise.all([one.moveReserve(move), two.moveReserve(move)]);
  assertEquals(moved.map(({ afterSats }) => afterSats), [488n, 488n]);
  assertEquals((await one.getReserve({})).matureSats, 488n);
});

Deno.test("amounts are exact to the last satoshi of all coins there will ever be, and sums beyond 2^53", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("ada");
  const most = 2_100_000_000_000_000n;
  const base = await matureOf(stand.books, "donation");
  for (let i = 1n; i <= 5n; i++) {
    const order = { account: "donation", sats: most, reason: "much", requestId: requestId() };
    assertEquals((await ledger.adjust(order)).afterSats, base + i * most);
  }
  const sum = base + 5n * most;
  const { account } = await ledger.getAccount({ name: "donation" });
  assertEquals([account!.matureSats, sum > 2n ** 53n], [sum, true]);
  const { kinds } = await ledger.balances({});
  assertEquals(kinds.find(({ kind }) => kind === "donation")!.matureSats, sum);
});

Deno.test("schemes and rates are set for a minute that has not begun, and refused for one that has", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("ada");
  const { fromMs } = await ledger.setScheme({
    scheme: "solo",
    windowThousandths: 2_500,
    reason: "a day",
  });
  const { periods } = await ledger.getSchedule({});
  assertEquals([periods.at(-1)!.scheme, periods.at(-1)!.fromMs], ["solo", fromMs]);
  await ledger.setFees({ account: addressOf(2), feeBasisPoints: 0, reason: "a friend" });
  await ledger.setFees({ feeBasisPoints: 200, donationBasisPoints: 0, reason: "winter" });
  const rows = await audited(stand.books);
  assertEquals(rows.map(({ method, reason }) => [method, reason]), [
    ["LedgerService/SetScheme", "a day"],
    ["LedgerService/SetFees", "a friend"],
    ["LedgerService/SetFees", "winter"],
  ]);
  assertEquals(rows[2]!.before, { feeBasisPoints: 100, donationBasisPoints: 50 });
  await refusedWith(
    Code.FailedPrecondition,
    "cannot change at",
    () => ledger.setScheme({ scheme: "pplns", fromMs: 60_000n, reason: "x" }),
  );
});

Deno.test("changes that cannot be are refused in a sentence that names the field, and none without the role", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("ada");
  const good = { account: "fee", sats: 1n, reason: "x" };
  const wrong = (words: string, call: () => Promise<unknown>) =>
    refusedWith(Code.InvalidArgument, words, call);
  await wrong("sats", () => ledger.adjust({ ...good, sats: 0n, requestId: requestId() }));
  await wrong("sats", () => ledger.adjust({ ...good, sats: 2n ** 62n, requestId: requestId() }));
  await wrong("reason", () => ledger.adjust({ ...good, reason: "", requestId: requestId() }));
  await wrong("reason", () => ledger.adjust({ ...good, reason: "  ", requestId: requestId() }));
  await wrong("request_id", () => ledger.adjust(good));
  await wrong("account", () => ledger.adjust({ ...good, account: "x", requestId: requestId() }));
  await wrong(
    "is written otherwise in the books",
    () => ledger.adjust({ ...good, account: addressOf(1).toUpperCase(), requestId: requestId() }),
  );
  await wrong("scheme", () => ledger.setScheme({ scheme: "luck", reason: "x" }));
  await wrong(
    "window_thousandths: 99 is no window",
    () => ledger.setScheme({ scheme: "pplns", windowThousandths: 99, reason: "x" }),
  );
  await wrong("from_ms", () => ledger.setScheme({ scheme: "solo", fromMs: 61_000n, reason: "x" }));
  await wrong("fee_basis_points", () => ledger.setFees({ feeBasisPoints: 10_001, reason: "x" }));
  await wrong("fee_basis_points", () => ledger.setFees({ reason: "x" }));
  const not = (code: Code, words: string, call: () => Promise<unknown>) =>
    refusedWith(code, words, call);
  await not(
    Code.FailedPrecondition,
    "it is not adjusted by hand",
    () => ledger.adjust({ ...good, account: "wallet", requestId: requestId() }),
  );
  await not(
    Code.FailedPrecondition,
    "cannot be taken out",
    () => ledger.moveReserve({ sats: -1n, reason: "x", requestId: requestId() }),
  );
  await not(
    Code.NotFound,
    "no account",
    () => ledger.setFees({ account: addressOf(77), feeBasisPoints: 1, reason: "x" }),
  );
  for (const who of ["rita", "web"] as const) {
    await not(
      Code.PermissionDenied,
      "money",
      () => stand.as(who).ledger.adjust({ ...good, requestId: requestId() }),
    );
  }
  assertEquals(await audited(stand.books), []);
});
