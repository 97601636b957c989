import { assert, assertEquals } from "@std/assert";
import { displayHash } from "@gopool/chain";
import { Code } from "@gopool/control";
import { accountsOf, MATURE, post } from "@gopool/ledger";
import { noteAct } from "@gopool/ledger/payouts";
import { AccountFilter, LedgerBlockState } from "@gopool/proto/control";
import fc from "@gopool/testing/fc";
import { addressOf } from "./books/books_fixture.ts";
import { ledgerStand, refusedWith } from "./rpc_fixture.ts";

Deno.test("the books in one view add up to nothing, and every account is found in them", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("rita");
  const { kinds, largest } = await ledger.balances({ largest: 2 });
  assertEquals(
    kinds.reduce((sum, { immatureSats, matureSats }) => sum + immatureSats + matureSats, 0n),
    0n,
  );
  assertEquals(kinds.find(({ kind }) => kind === "wallet")!.matureSats, -4_999_699_700n);
  assertEquals(largest.map(({ name }) => name), [addressOf(3), addressOf(2)]);

  const all = await ledger.listAccounts({});
  const own = await ledger.listAccounts({ filter: AccountFilter.OWN });
  const miners = await ledger.listAccounts({ filter: AccountFilter.MINERS, prefix: "bcrt1q" });
  assertEquals([own.accounts.length, miners.accounts.length, all.accounts.length], [10, 3, 13]);
  assertEquals((await ledger.listAccounts({ filter: AccountFilter.DEBTORS })).accounts, []);
  const { account, paidSats, entries } = await ledger.getAccount({ name: addressOf(1) });
  assertEquals([account!.kind, paidSats], ["miner", 100_000n]);
  const listed = await ledger.listEntries({ account: addressOf(1), pageSize: 1_000 });
  assertEquals(BigInt(listed.entries.length), entries);
  assertEquals(
    listed.entries.reduce((sum, { sats }) => sum + sats, 0n),
    account!.immatureSats + account!.matureSats,
  );
});

Deno.test("blocks, what was split and what it rests on", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("rita");
  const first = await ledger.listLedgerBlocks({ pageSize: 2 });
  const rest = await ledger.listLedgerBlocks({ pageSize: 2, pageToken: first.nextPageToken });
  assertEquals([...first.blocks, ...rest.blocks].map(({ height }) => height), [12, 11, 10]);
  assertEquals(rest.nextPageToken, "");
  const mature = await ledger.listLedgerBlocks({ state: LedgerBlockState.MATURE });
  const hash = displayHash(stand.built.mature);
  assertEquals(mature.blocks.map((block) => block.hash), [hash]);
  const { block, outputs, events, basisJson } = await ledger.getLedgerBlock({ hash });
  assertEquals(block!.valueSats, outputs.reduce((sum, { sats }) => sum + sats, 0n));
  assertEquals(events.map(({ what }) => what).includes("booked"), true);
  assert(basisJson !== "");
  const credits = [];
  let pageToken = "";
  do {
    const page = await ledger.listBlockCredits({ hash, pageSize: 1, pageToken });
    credits.push(...page.credits);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  const sum = credits.reduce((sum, { sats }) => sum + sats, 0n);
  assertEquals(sum + block!.feeSats + block!.donationSats, block!.valueSats);
  assertEquals(credits.map(({ account }) => account), [3, 2, 1].map(addressOf));
});

Deno.test("a block found now would be split by the shares that are closed, to its last satoshi, and nothing is written", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("rita");
  const accounts = () => stand.books.ask("SELECT id FROM account");
  const before = await accounts();
  const preview = await ledger.previewSettlement({
    valueSats: 2_099_999_999_999_999n,
    finder: addressOf(9),
    largest: 2,
  });
  assertEquals([preview.waitsFor, preview.scheme, preview.accounts], ["", "pplns", 3]);
  assertEquals(preview.credits.length, 2);
  const whole = await ledger.previewSettlement({ valueSats: 2_099_999_999_999_999n });
  const sum = whole.credits.reduce((sum, { sats }) => sum + sats, 0n);
  assertEquals(sum + whole.feeSats + whole.donationSats, 2_099_999_999_999_999n);
  assertEquals(await accounts(), before);
  const hash = displayHash(stand.built.mature);
  await refusedWith(
    Code.FailedPrecondition,
    "It is split already, by pplns",
    () => ledger.previewSettlement({ hash }),
  );
});

Deno.test("reserve, schedule and audit as they stand", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("rita");
  const reserve = await ledger.getReserve({});
  assertEquals([reserve.matureSats, reserve.floorSats], [-12n, 5n]);
  const schedule = await ledger.getSchedule({});
  assertEquals(schedule.periods.map(({ scheme }) => scheme), ["pplns", "pps", "pplns"]);
  assertEquals([schedule.feeBasisPoints, schedule.donationBasisPoints], [100, 50]);
  assertEquals((await ledger.listAudit({})).rows, []);
});

Deno.test("what is asked wrongly is refused in a sentence that names the field", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("rita");
  const wrong = (field: string, call: () => Promise<unknown>) =>
    refusedWith(Code.InvalidArgument, field, call);
  await wrong("page_size", () => ledger.listEntries({ pageSize: 1_001 }));
  await wrong("page_token", () => ledger.listEntries({ pageToken: "x" }));
  await wrong("page_token", () => ledger.listEntries({ pageToken: `9.${2 ** 31}.1` }));
  await wrong("page_token", () => ledger.listAccounts({ pageToken: "99999999999" }));
  await wrong("page_token", () => ledger.listLedgerBlocks({ pageToken: "1.2.3" }));
  await wrong("block_hash", () => ledger.listEntries({ blockHash: "abc" }));
  await wrong("hash", () => ledger.getLedgerBlock({ hash: "AB".repeat(32) }));
  await wrong("value_sats", () => ledger.previewSettlement({}));
  await wrong("finder", () => ledger.previewSettlement({ valueSats: 1n, finder: "nobody" }));
  const nothing = (words: string, call: () => Promise<unknown>) =>
    refusedWith(Code.NotFound, words, call);
  const hash = "00".repeat(32);
  await nothing("no account nobody", () => ledger.getAccount({ name: "nobody" }));
  await nothing("no account nobody", () => ledger.listEntries({ account: "nobody" }));
  await nothing("no block", () => ledger.getLedgerBlock({ hash }));
  await nothing("no block", () => ledger.listBlockCredits({ hash }));
  await nothing("no block", () => ledger.previewSettlement({ hash }));
});

Deno.test("every account that was there is listed once, whoever comes between two pages; audit goes back to its first row", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("ada");
  const there = (await ledger.listAccounts({})).accounts.map(({ name }) => name);
  const seen: string[] = [];
  const reasons: string[] = [];
  let pageToken = "";
  do {
    const page = await ledger.listAccounts({ pageSize: 5, pageToken });
    seen.push(...page.accounts.map(({ name }) => name));
    const n = 40 + reasons.length;
    const reason = `reason ${n}`;
    await ledger.adjust({ account: addressOf(n), sats: 1n, reason, requestId: `request-${n}` });
    reasons.unshift(reason);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  assertEquals(seen.slice(0, there.length), there);
  assertEquals(new Set(seen).size, seen.length);
  const listed: string[] = [];
  do {
    const page = await ledger.listAudit({ pageSize: 2, pageToken });
    listed.push(...page.rows.map(({ reason }) => reason));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  assertEquals(listed, reasons);
});

Deno.test("pages of entries leave none out and have none twice, whatever is posted between them", async () => {
  await using stand = await ledgerStand();
  const { ledger } = stand.as("rita");
  const { books } = stand;
  const ids = await books.transaction(
    (tx) => accountsOf(tx, Array.from({ length: 12 }, (_, n) => addressOf(20 + n))),
    { money: true },
  );
  /** A transfer of several entries: pages end within it. */
  const postOne = (legs: number) =>
    books.transaction(async (tx) => {
      const act = { operator: "olga", reason: "a test", atMs: 1 };
      const adjustmentId = await noteAct(tx, "adjust", act);
      const [first, ...others] = ids.slice(0, legs);
      await post(tx, "adjust", { adjustmentId }, [
        { account: first!, bucket: MATURE, sats: -BigInt(others.length) },
        ...others.map((account) => ({ account, bucket: MATURE, sats: 1n } as const)),
      ], 1);
    }, { money: true });
  const all = () =>
    books.ask<{ at: string }>(
      "SELECT transfer_id || '.' || account_id || '.' || bucket AS at FROM entry ORDER BY transfer_id, account_id, bucket",
    );
  const names = new Map(
    (await books.ask<{ id: number; name: string }>(
      "SELECT id, CASE WHEN kind = 'miner' THEN name ELSE kind END AS name FROM account",
    )).map(({ id, name }) => [name, id]),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 9 }),
      fc.array(fc.integer({ min: 2, max: 12 }), { maxLength: 5 }),
      fc.boolean(),
      async (pageSize, posts, newestFirst) => {
        const before = (await all()).map(({ at }) => at);
        const toPost = [...posts];
        const seen: string[] = [];
        let pageToken = "";
        do {
          const page = await ledger.listEntries({ pageSize, pageToken, newestFirst });
          seen.push(
            ...page.entries.map(({ transfer, account, mature }) =>
              `${transfer}.${names.get(account)}.${mature ? 1 : 0}`
            ),
          );
          const next = toPost.shift();
          if (next !== undefined) await postOne(next);
          ({ nextPageToken: pageToken } = page);
        } while (pageToken !== "");
        const after = (await all()).map(({ at }) => at);
        // Oldest first everything is listed, at least up to what was there when the last page was asked for.
        if (newestFirst) assertEquals(seen, before.toReversed());
        else {
          assertEquals(seen, after.slice(0, seen.length));
          assert(seen.length >= before.length);
        }
      },
    ),
    { numRuns: 5 },
  );
});
