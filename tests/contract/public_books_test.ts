/**
 * What the public is told of the books, held against who keeps them: splits computed by hand from the topic, estimates
 * against payoutd's own preview. Read with the rights of the role that can only read.
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createBooksReader } from "@gopool/apiserver/books";
import { type Bus, shareValid } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import { noteFee, setFees } from "@gopool/ledger/schemes";
import { accountsOf } from "@gopool/ledger";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import { previewSettlement } from "@gopool/payoutd/blocks";
import { address, type Stand, startStand } from "@gopool/payoutd/blocks/fixture";
import { makeHistory } from "@gopool/payoutd/books/rebuild_fixture";
import { fromBinary, JudgedShareSchema } from "@gopool/proto";
import { publicApi, READS } from "./public_api.ts";
import { type ShareRecord, type SplitAnswer, splitByHand, workOfBits } from "./split_by_hand.ts";

async function readerOf({ ledger, clock }: Stand) {
  const own = await ledger.again(READS);
  const books = createBooksReader({ ledger: own, clock, network: "regtest", pool: "gopool" });
  return { books, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() };
}

async function recordsOf(bus: Bus): Promise<ShareRecord[]> {
  const records: ShareRecord[] = [];
  for (const { partition } of await bus.ends(shareValid)) {
    for await (const { messages } of bus.read(shareValid, partition, 0)) {
      for (const { offset, value } of messages) {
        const { work, ...share } = fromBinary(JudgedShareSchema, value);
        records.push({ ...share, offset, partition, work: BigInt(`0x${work.toHex() || "0"}`) });
      }
    }
  }
  return records;
}

/** All pages of a block's split, as JSON over HTTP. */
async function answerOf({ ledger, clock }: Stand, hash: Uint8Array): Promise<SplitAnswer> {
  await using own = await ledger.again(READS);
  const { get } = publicApi({ ledger: own, clock });
  const path = `/blocks/${displayHash(hash as Hash)}/split?page_size=2`;
  const credits: unknown[] = [];
  for (let token = "";;) {
    const { status, body } = await get(`${path}&page_token=${token}`);
    assertEquals(status, 200);
    credits.push(...body.credits);
    token = body.nextPageToken;
    if (token === "") return { ...body, credits };
  }
}

Deno.test("anybody who has share.valid computes a block's split again from what the API says it rests on", async () => {
  await using stand = await startStand({ scheme: "pplns", maturity: 4 });
  // One with rates of its own.
  await stand.ledger.transaction(async (tx) => {
    const [account] = await accountsOf(tx, [address(3)]);
    const by = { operator: "olga", reason: "a test", nowMs: stand.clock.now() - 120_000 };
    const rates = { feeBasisPoints: 37, donationBasisPoints: 250 };
    await setFees(tx, { account: account!, ...rates, fromMs: null }, by);
  }, { money: true });
  await makeHistory(stand);
  const records = await recordsOf(stand.bus);
  const blocks = await stand.ledger.ask<{ hash: Uint8Array; state: string }>(
    "SELECT hash, state FROM block WHERE scheme = 'pplns' ORDER BY height",
  );
  assertEquals(blocks.map(({ state }) => state), ["mature", "orphaned"]);
  let lates = 0;
  for (const { hash } of blocks) {
    const answer = await answerOf(stand, new Uint8Array(hash));
    const found = splitByHand(answer, records, "gopool");
    assertEquals(
      answer.credits.map(({ address, weight, sats }) => [address, weight, sats]),
      [...found.credits].map(([address, { weight, sats }]) => [
        address,
        String(weight),
        String(sats),
      ]).sort((a, b) => Number(BigInt(b[2]!) - BigInt(a[2]!))),
    );
    assertEquals([answer.feeSats, answer.donationSats], [
      String(found.feeSats),
      String(found.donationSats),
    ]);
    const { totals, full } = answer.basis.window;
    assertEquals(
      totals.map(({ nbits, whole, edge }) => [nbits, [BigInt(whole), BigInt(edge)]]),
      [...found.totals].sort(([a], [b]) => a - b).map(([nbits, sums]) => [nbits, [...sums]]),
    );
    // The window is exactly as long as the rule says.
    const [have, one] = found.thousandths;
    assertEquals(full, true);
    assertEquals(have, BigInt(answer.basis.windowThousandths) * one);
    lates += answer.basis.lateShares.length;

    // A record more, or less, and it does not come out.
    const { fromMinute, untilMinute } = answer.basis.window;
    const inside = records.filter(({ loggedAtMs, variant }) => {
      const minute = minuteOf(Number(loggedAtMs));
      return variant === 0 && minute >= fromMinute && minute < untilMinute;
    });
    assert(inside.length > 1);
    const less = splitByHand(answer, records.filter((one) => one !== inside.at(-1)), "gopool");
    assertNotEquals([...less.credits], [...found.credits]);
  }
  // The share that was late stands in the second window, in another minute than its own.
  assertEquals(lates > 0, true);
  assertEquals(workOfBits(0x1d00ffff), 4_295_032_833n);
});

for (const scheme of ["pplns", "prop", "solo", "pps", "fpps"] as const) {
  Deno.test(`what a miner is told of a block found now is, to the satoshi, payoutd's preview: ${scheme}`, async () => {
    await using stand = await startStand({ scheme });
    for (const [miner, ago, units] of [[2, 3, 5n], [3, 2, 2n], [4, 2, 1n], [4, 9, 70n]] as const) {
      // A unit is 16 of work: the oldest minute counts in part.
      await stand.work(miner, ago, units, { scheme, nbits: 0x200f_ffff });
    }
    await stand.ledger.transaction(async (tx) => {
      await closeThrough(tx, minuteOf(stand.clock.now()) - 1);
      for (const height of [200, 201]) {
        const hash = new Uint8Array(32).fill(height);
        await noteFee(tx, { height, hash, fees: BigInt(height * 7) });
      }
    }, { money: true });
    await using reader = await readerOf(stand);
    for (const miner of [2, 3, 4]) {
      const money = (await reader.books.miner(address(miner)))!;
      const { rewardSats, windowShare, blockSats } = money.estimate!;
      // The subsidy at 202 is 25 coins on regtest, and 1,403 the mean of the fees.
      assertEquals(blockSats, 2_500_000_000n + 1_403n);
      const preview = await previewSettlement(stand.deps, {
        value: blockSats,
        finder: address(miner),
      });
      assert(preview !== null && !("waits" in preview));
      const own = preview.credits.find(({ name }) => name === address(miner));
      assertEquals(rewardSats, own?.sats ?? 0n);
      assertEquals(rewardSats > 0n, scheme === "pplns" || scheme === "prop" || scheme === "solo");
      const isByWork = scheme === "pplns" || scheme === "prop";
      assertEquals(windowShare > 0 && windowShare < 1, isByWork);
    }
  });
}
