import { assert, assertEquals, assertRejects } from "@std/assert";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import { creditPage } from "@gopool/ledger/views";
import { address, startStand } from "./fixture.ts";
import { AlreadySplit, previewSettlement } from "./mod.ts";

Deno.test("a preview of a block that waits is, to the satoshi, how it is split afterwards", async () => {
  await using stand = await startStand();
  await stand.work(2, 3, 5n);
  await stand.work(3, 2, 2n);
  const mined = await stand.mine({ facts: { account: address(5) } });
  const { hash } = mined.facts;
  const preview = () => previewSettlement(stand.deps, { hash });
  assertEquals(await preview(), null, "not announced");
  await stand.announce(mined);
  assertEquals(await preview(), { waits: "no node has shown its coinbase yet" });
  await stand.look();
  const open = await preview();
  assert(open !== null && "waits" in open && open.waits.startsWith("minutes are closed up to"));

  const minute = minuteOf((await stand.block(hash))!.foundAtMs);
  await stand.ledger.transaction((tx) => closeThrough(tx, minute - 1), { money: true });
  const before = await stand.balances();
  const seen = await preview();
  assert(seen !== null && !("waits" in seen));
  assertEquals(await stand.balances(), before, "nothing is written");
  assertEquals((await stand.block(hash))!.scheme, null);

  assertEquals(await stand.settleLater(), 1);
  const { fee, donation, value, scheme } = (await stand.block(hash))!;
  const credits = await stand.ledger.transaction((tx) =>
    creditPage(tx, hash, { after: null, limit: 10 })
  );
  assertEquals(
    seen.credits.map(({ name, sats, weight }) => [name, sats, weight]),
    credits.map(({ account, sats, weight }) => [account, sats, weight]),
  );
  assertEquals([seen.fee, seen.donation, seen.value, seen.scheme], [fee, donation, value, scheme]);
  await assertRejects(preview, AlreadySplit, "It is split already, by pplns");
});

Deno.test("a block found now, with nobody at work, would be the finder's, or unclaimed", async () => {
  await using stand = await startStand();
  const of = async (finder: string) => {
    const seen = await previewSettlement(stand.deps, { value: 1_000n, finder });
    assert(seen !== null && !("waits" in seen));
    return seen.credits.map(({ name, sats }) => [name, sats]);
  };
  assertEquals(await of(address(5)), [[address(5), 990n]]);
  assertEquals(await of(""), [["unclaimed", 1_000n]]);
  assertEquals(await stand.ledger.ask("SELECT id FROM account WHERE kind = 'miner'"), []);
});
