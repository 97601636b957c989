/**
 * payoutd killed with -9 two dozen times, at named moments and at random, while shares come, blocks are found, replaced
 * and brought back, and payouts go out. Then its books are held against the shares, the blocks and the chain.
 *
 * @module
 */
import { assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { openBus } from "@gopool/bus";
import { freshLedger } from "@gopool/ledger/fixture";
import { startTestChain } from "@gopool/node/fixture";
import { seededRandom, systemClock } from "@gopool/runtime";
import { tempDir, waitFor } from "@gopool/testing";
import { audit, orphanedIn } from "./payoutd/audit.ts";
import { checkBooks } from "./payoutd/check_books.ts";
import { MATURITY } from "./payoutd/compose.ts";
import { DyingPayoutd } from "./payoutd/dying_payoutd.ts";
import { fastClock } from "./payoutd/fast_clock.ts";
import { Feeder } from "./payoutd/feeder.ts";
import { PARTITIONS } from "./payoutd/miners.ts";
import { type MomentName, MOMENTS } from "./payoutd/moments.ts";
import { makePoolKey } from "./payoutd/pool_key.ts";
import { untilAtRest } from "./payoutd/rest.ts";

/** A minute passes in a second and a half. */
const FACTOR = 40;
/** A moment comes when it comes: a payout must be due for it to be signed. */
const MOMENT_WITHIN_MS = 120_000;
/** Some come only where the chain has taken something back: it is made to, again and again. */
const AGAIN_MS = 12_000;
const AFTER_REORGANISATION: ReadonlySet<string> = new Set<MomentName>([
  "a block's money taken back, before the commit",
  "a block orphaned",
  "a payout that a reorganisation removed, half noted",
]);
/** How long it lives before it is killed at random. */
const ANYWHERE_MS = { least: 200, more: 1_500 };

const NAMED = Object.keys(MOMENTS) as MomentName[];
/** Null: anywhere. After each third named moment. */
const ROUNDS: (MomentName | null)[] = NAMED.flatMap((name, at) =>
  at % 3 === 2 ? [name, null] : [name]
);

Deno.test("two dozen kills of payoutd change no balance, lose no share, and pay nobody twice", async () => {
  await using folder = await tempDir();
  await using ledger = await freshLedger();
  await using chain = await startTestChain({ maturity: MATURITY });
  const random = seededRandom(11);
  const { keyFile, poolAddress, poolScript } = await makePoolKey(folder.join("key"));
  const pace = { factor: FACTOR, fromMs: systemClock.now() };
  const clock = fastClock(pace);
  const busUrl = `sqlite:${folder.join("bus.db")}`;
  await using bus = await openBus(busUrl, { clock, sharePartitions: PARTITIONS });
  const feeder = new Feeder({
    bus,
    clock,
    chain,
    poolScript,
    random,
    orphaned: orphanedIn(ledger),
    // It is asked for where a moment needs one.
    reorganisePercent: 1,
  });
  const orders = { pace, busUrl, ledgerUrl: ledger.url, nodeUrl: chain.sim.url, keyFile };
  const spawn = (moment: MomentName | null) => new DyingPayoutd({ ...orders, poolAddress, moment });

  const stop = new AbortController();
  const feeding = feeder.run(stop.signal);
  await using standing = new AsyncDisposableStack();
  standing.defer(async () => {
    stop.abort();
    await feeding;
  });
  const started = systemClock.monotonic();
  // The next one loads its code while this one works.
  let next = standing.use(spawn(ROUNDS[0]!));
  for (const [round, moment] of ROUNDS.entries()) {
    const payoutd = next;
    await payoutd.go();
    next = standing.use(spawn(ROUNDS[round + 1] ?? null));
    if (moment === null) {
      await systemClock.sleep(ANYWHERE_MS.least + random.unit() * ANYWHERE_MS.more);
      payoutd.kill("SIGKILL");
    }
    let status = null;
    for (let waited = 0; status === null && waited < MOMENT_WITHIN_MS; waited += AGAIN_MS) {
      if (AFTER_REORGANISATION.has(moment ?? "")) feeder.reorganiseSoon();
      status = await payoutd.ended(AGAIN_MS);
    }
    const what = `${moment ?? "anywhere"}\n${payoutd.log()}`;
    assertEquals(status?.signal, "SIGKILL", what);
  }
  const payoutd = next;
  await payoutd.go();
  try {
    await waitFor(
      async () => {
        feeder.reorganiseSoon();
        await systemClock.sleep(100);
        const [row] = await ledger.ask<{ all: boolean }>(
          "SELECT bool_or(epoch > 0 AND booked) AND bool_or(state = 'orphaned') AS all FROM block",
        );
        return row!.all;
      },
      "one block to be credited again, and one to be an orphan",
      { deadlineMs: 90_000 },
    );
    await untilAtRest(ledger, bus, feeder);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${payoutd.log()}`);
  }
  payoutd.kill("SIGTERM");
  assertEquals((await payoutd.ended(15_000))?.code, 0, payoutd.log());

  const found = await audit(ledger, chain, feeder, poolAddress);
  const { rebuilt, verified } = await checkBooks(ledger, bus, chain.nodes, poolScript);
  const seconds = ((systemClock.monotonic() - started) / 1000).toFixed(0);
  const { shares, lost, doubled, blocks, orphaned, returned, payouts, lines, letters } = found;
  console.log(
    `kills ${ROUNDS.length} in ${seconds} s; shares ${shares}, lost ${lost}, doubled ${doubled}; blocks ${blocks}, ` +
      `orphaned ${orphaned}, credited again ${returned}; payouts ${payouts} of ${lines} debits, ` +
      `${found.paidSats} sats, each once on the chain, ${found.unconfirmed} confirmations taken back; ` +
      `dead letters ${letters}; verify of ${verified.entries} entries and rebuild of ${rebuilt.shares} shares and ` +
      `${rebuilt.blocks.splits} splits: no difference`,
  );
  assertGreater(found.orphaned, 0);
  assertGreater(found.returned, 0);
  assertGreaterOrEqual(found.payouts, 5);
});
