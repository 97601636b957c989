/** How blocks are split: by scheme, by snapshot, by what the coinbase itself paid, or whole to one account. */
import { assert, assertEquals } from "@std/assert";
import { shareValid } from "@gopool/bus";
import { VARIANT_SOLO, VARIANT_SPLIT } from "@gopool/chain";
import { accountsOf } from "@gopool/ledger";
import { minuteOf } from "@gopool/ledger/shares";
import { keepSnapshot } from "@gopool/ledger/snapshots";
import { settleAsPaid } from "./by_hand.ts";
import { address, type Mined, script, type Stand, startStand } from "./fixture.ts";

/** Announces a block, looks, and settles what is old enough. */
async function through(stand: Stand, mined: Mined): Promise<void> {
  await stand.announce(mined);
  await stand.look();
  await stand.settleLater();
}

async function remarks(stand: Stand, { facts }: Mined): Promise<readonly string[]> {
  return (await stand.block(facts.hash))!.remarks;
}

Deno.test("nobody worked: the finder takes the block less the fee; without one it is unclaimed", async () => {
  await using stand = await startStand();
  const value = await stand.subsidy();
  await through(stand, await stand.mine({ facts: { account: address(5) } }));
  const fee = value / 100n;
  assertEquals(await stand.balances(), {
    "fee immature": fee,
    "a5 immature": value - fee,
    "rewards immature": -value,
  });
  await through(stand, await stand.mine());
  assertEquals((await stand.balances())["unclaimed immature"], value);
});

Deno.test("under SOLO the finder takes it, under PPS it goes to the reserve", async (t) => {
  for (
    const [scheme, expected] of [["solo", "a5 immature"], ["pps", "reserve immature"]] as const
  ) {
    await t.step(scheme, async () => {
      await using stand = await startStand({ scheme, feeBasisPoints: 0 });
      await stand.work(2, 1, 1n, { scheme });
      const value = await stand.subsidy();
      await through(stand, await stand.mine({ facts: { account: address(5) } }));
      assertEquals(await stand.balances(), { [expected]: value, "rewards immature": -value });
    });
  }
});

Deno.test("under PROP a round begins with the minute of the block before", async () => {
  await using stand = await startStand({ scheme: "prop", feeBasisPoints: 0 });
  const value = await stand.subsidy();
  await stand.work(2, 1, 3n, { scheme: "prop" });
  await through(stand, await stand.mine());
  await stand.work(3, 1, 1n, { scheme: "prop" });
  await through(stand, await stand.mine());
  assertEquals(await stand.balances(), {
    "a2 immature": value,
    "a3 immature": value,
    "rewards immature": -2n * value,
  });
});

Deno.test("found before the books were opened, a block goes whole to the account opening", async () => {
  const opensAtMs = 1_767_225_600_000 + 1;
  await using stand = await startStand({ opensAtMs });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  await through(stand, await stand.mine({ outputs: [{ sats: 1_000n, script: script(9) }] }));
  assertEquals(await stand.balances(), {
    "opening immature": value - 1_000n,
    "rewards immature": 1_000n - value,
  });
  await stand.clock.advance(60_000);
  await through(stand, await stand.mine());
  assertEquals((await stand.balances())["a2 immature"], value - value / 100n);
});

Deno.test("a SOLO coinbase: what it paid is credit and payment at once, the pool's output is the fee", async () => {
  await using stand = await startStand({ maturity: 2 });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  const fee = value * 150n / 10_000n;
  const mined = await stand.mine({
    outputs: [{ sats: value - fee, script: script(5) }],
    facts: { variant: VARIANT_SOLO, account: address(5) },
  });
  await through(stand, mined);
  const immature = { "fee immature": fee, "rewards immature": -fee };
  assertEquals(await stand.balances(), immature);
  assertEquals(await remarks(stand, mined), []);
  const rows = await stand.ledger.ask(
    "SELECT sats, paid, fee_basis_points AS rate FROM block_credit",
  );
  assertEquals(rows, [{ sats: value - fee, paid: value - fee, rate: 150 }]);
  await stand.mineOthers(1);
  await stand.look();
  assertEquals(await stand.balances(), { "fee mature": fee, "wallet mature": -fee });
  await stand.replace(mined);
  await stand.lookLong();
  assertEquals(await stand.balances(), {});
});

Deno.test("a SOLO coinbase without a fee leaves nothing in the pool's books", async () => {
  await using stand = await startStand();
  await through(
    stand,
    await stand.mine({
      rest: script(5),
      facts: { variant: VARIANT_SOLO, account: address(5) },
    }),
  );
  assertEquals(await stand.balances(), {});
  assertEquals(await stand.ledger.ask("SELECT kind FROM transfer ORDER BY kind"), [
    { kind: "credit" },
    { kind: "paid_in_coinbase" },
  ]);
});

Deno.test("a split coinbase is booked by its snapshot's window, over what the block was worth", async () => {
  await using stand = await startStand({ feeBasisPoints: 0 });
  const value = await stand.subsidy();
  // The snapshot saw these two; a third worked after it.
  await stand.work(2, 5, 1n);
  await stand.work(3, 5, 1n);
  await stand.work(4, 1, 4n);
  const minute = minuteOf(stand.clock.now()) - 3;
  const id = new Uint8Array(16).fill(7);
  await stand.ledger.transaction(async (tx) => {
    const [two] = await accountsOf(tx, [address(2)]);
    await keepSnapshot(tx, { id, minute, value, atMs: 0, expiresAtMs: 1 }, [
      // Paid to another script of the same account, with something owed from before.
      { account: two!, script: script(22), sats: value / 2n, carried: 300n },
    ]);
  });
  const mined = await stand.mine({
    outputs: [{ sats: value / 2n, script: script(22) }],
    facts: { variant: VARIANT_SPLIT, snapshotId: id },
  });
  await through(stand, mined);
  assertEquals(await remarks(stand, mined), []);
  assertEquals(await stand.balances(), {
    "a2 immature": 300n,
    "a2 mature": -300n,
    "a3 immature": value / 2n,
    "rewards immature": -value / 2n,
  });
});

Deno.test("a block whose snapshot is unknown waits, visibly, until an operator has it booked as it paid", async () => {
  await using stand = await startStand();
  const mined = await stand.mine({
    outputs: [{ sats: 1_000n, script: script(5) }],
    facts: { variant: VARIANT_SPLIT, snapshotId: new Uint8Array(16).fill(9) },
  });
  await through(stand, mined);
  const { waitsFor } = (await stand.block(mined.facts.hash))!;
  assert(waitsFor?.startsWith("the ledger has no snapshot 0909"), waitsFor ?? "nothing");
  assertEquals(await stand.balances(), {});

  const word = { operator: "alice", reason: "the snapshot is lost", atMs: stand.clock.now() };
  const book = () =>
    stand.ledger.transaction(
      (tx) => settleAsPaid(tx, mined.facts.hash, "regtest", word),
      { money: true },
    );
  assertEquals(await book(), null);
  assertEquals(await book(), "It is split already, by operator");
  const rest = (await stand.block(mined.facts.hash))!.value! - 1_000n;
  assertEquals(await stand.balances(), { "rewards immature": -rest, "unclaimed immature": rest });
});

Deno.test("outputs to strangers are booked against them, and said", async () => {
  await using stand = await startStand({ feeBasisPoints: 0 });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  const mined = await stand.mine({
    outputs: [
      { sats: 500n, script: script(9) },
      // OP_RETURN with something to burn, and no address.
      { sats: 700n, script: Uint8Array.of(0x6a, 1, 1) },
    ],
  });
  await through(stand, mined);
  assertEquals(await stand.balances(), {
    "a2 immature": value,
    "a9 immature": -500n,
    "operator immature": -700n,
    "rewards immature": 1_200n - value,
  });
  assertEquals((await remarks(stand, mined)).length, 2);
});

Deno.test("a finder who mines to the pool's own address is owed the block", async () => {
  await using stand = await startStand();
  const value = await stand.subsidy();
  await through(
    stand,
    await stand.mine({ facts: { variant: VARIANT_SOLO, account: address(1) } }),
  );
  assertEquals(await stand.balances(), { "a1 immature": value, "rewards immature": -value });
});

Deno.test("a finder's account that is no address is nobody, and said", async () => {
  await using stand = await startStand();
  const mined = await stand.mine({ facts: { account: "not an address" } });
  await through(stand, mined);
  assertEquals(Object.keys(await stand.balances()), ["rewards immature", "unclaimed immature"]);
  assertEquals((await remarks(stand, mined)).length, 1);
});

Deno.test("a block waits for the shares that were judged before it, not for those that come meanwhile", async () => {
  await using stand = await startStand();
  await stand.work(2, 1, 1n);
  const share = () =>
    stand.bus.publish(shareValid, [
      { value: Uint8Array.of(1), key: new Uint8Array(), partition: 0 },
    ]);
  const applied = (next: number) =>
    stand.ledger.transaction((tx) =>
      tx.query("UPDATE share_position SET next_offset = $1 WHERE partition = 0", [next])
    );
  const mined = await stand.mine();
  await stand.announce(mined);
  await stand.look();
  await share();
  assertEquals(await stand.settleLater(), 0);
  // Whoever applies them is always one behind.
  await applied(1);
  await share();
  assertEquals(await stand.settler.settle(stand.signal), 1);
});
