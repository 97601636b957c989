/**
 * The ledger's server away at the start, killed with -9 in the middle of batches again and again, and away for minutes:
 * payoutd waits, says so, goes on by itself, and its books are right.
 *
 * @module
 */
import { assert, assertGreater, assertMatch } from "@std/assert";
import { openBus } from "@gopool/bus";
import { openLedger } from "@gopool/ledger";
import { freshLedger } from "@gopool/ledger/fixture";
import { startTestChain } from "@gopool/node/fixture";
import {
  createStatusBoard,
  seededRandom,
  silent,
  supervise,
  systemClock,
  systemRandom,
} from "@gopool/runtime";
import { tempDir, waitFor } from "@gopool/testing";
import { startPostgres } from "@gopool/testing/servers";
import { audit, orphanedIn } from "./payoutd/audit.ts";
import { checkBooks } from "./payoutd/check_books.ts";
import { composed, MATURITY, settingsOf } from "./payoutd/compose.ts";
import { fastClock } from "./payoutd/fast_clock.ts";
import { Feeder } from "./payoutd/feeder.ts";
import { PARTITIONS } from "./payoutd/miners.ts";
import { makePoolKey, signerWith } from "./payoutd/pool_key.ts";
import { untilAtRest } from "./payoutd/rest.ts";

/** Minutes pass in a second and a half. */
const FACTOR = 40;
const KILLS = 8;
/** More than a minute of the pool's. */
const AWAY_MS = 2_500;
/** Applied after the server is back, until payoutd counts as recovered. */
const FLOW = 500;

Deno.test("a PostgreSQL that dies, and is away for minutes, costs payoutd nothing but the wait", async () => {
  await using folder = await tempDir();
  await using server = await startPostgres({ durable: true });
  await using ledger = await freshLedger({ server: server.url });
  await using chain = await startTestChain({ maturity: MATURITY });
  const key = await makePoolKey(folder.join("key"));
  const clock = fastClock({ factor: FACTOR, fromMs: systemClock.now() });
  const random = seededRandom(23);
  await using bus = await openBus("memory:", { clock, sharePartitions: PARTITIONS });
  // Who cannot be asked now is asked again.
  const orphaned = (hashes: readonly string[]) => orphanedIn(ledger)(hashes).catch(() => false);
  const feeder = new Feeder({ bus, clock, chain, random, orphaned, ...key });
  const board = createStatusBoard(clock);
  const stop = new AbortController();
  await using standing = new AsyncDisposableStack();
  const feeding = feeder.run(stop.signal);
  standing.defer(async () => {
    stop.abort();
    await feeding;
  });

  await server.kill();
  const told: (string | null)[] = [];
  const opening = openLedger(ledger.url, {
    clock,
    pool: "gopool",
    network: "regtest",
    onTrouble: (sentence) => told.push(sentence),
  });
  await waitFor(() => told.length >= 2, "payoutd to say that it waits for the ledger");
  assertMatch(told[0]!, /^The ledger at 127\.0\.0\.1:\d+.* is not available/);
  await server.restart();
  const opened = standing.use(await opening);

  const parts = { bus, ledger: opened, nodes: chain.nodes, clock, board, log: silent };
  const signer = await signerWith(key, chain.nodes);
  const service = composed({ ...parts, signer, settings: settingsOf(key.poolAddress) });
  const running = supervise(service, { clock, board, log: silent, random: systemRandom })
    .run(stop.signal);
  standing.defer(async () => {
    stop.abort();
    await running;
  });

  const applied = async () => {
    const [row] = await ledger.ask<{ count: bigint | null }>(
      "SELECT sum(shares)::bigint AS count FROM share_position",
    );
    return Number(row!.count ?? 0n);
  };
  const flows = async (when: string) => {
    const from = await applied();
    await waitFor(async () => await applied() >= from + FLOW, `shares to be applied ${when}`, {
      deadlineMs: 60_000,
    });
  };
  const complaints = () =>
    board.all().filter(({ health, detail }) => health !== "ok" && /ledger/i.test(detail));
  const said = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    await flows("before it is killed");
    await systemClock.sleep(random.unit() * 700);
    await server.kill();
    await waitFor(() => complaints().length > 0, "the board to tell that the ledger is away");
    await systemClock.sleep(kill === KILLS - 1 ? AWAY_MS : 100);
    for (const { part } of complaints()) said.add(part);
    await server.restart();
  }
  await flows("after it was away");
  await untilAtRest(ledger, bus, feeder);
  const left = complaints();
  assert(left.length === 0, `nothing is said of the ledger any more: ${JSON.stringify(left)}`);

  const found = await audit(ledger, chain, feeder, key.poolAddress);
  await checkBooks(ledger, bus, chain.nodes, key.poolScript);
  assertGreater(found.payouts, 0);
  const { shares, lost, doubled, blocks, payouts, lines } = found;
  console.log(
    `PostgreSQL killed ${1 + KILLS} times, away for ${
      (AWAY_MS * FACTOR / 60_000).toFixed(1)
    } min; shares ${shares}, lost ${lost}, ` +
      `doubled ${doubled}; blocks ${blocks}; payouts ${payouts} of ${lines} debits, each once on the chain; ` +
      `told by ${[...said].sort().join(", ")}`,
  );
});
