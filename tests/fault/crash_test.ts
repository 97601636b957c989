/**
 * Guarantees 1, 2 and 3 through kill -9: the pool is killed a dozen times under load, at named points, each time with
 * at least a hundred shares in flight and at least three of them blocks. Then the books are compared with what
 * the miners were told.
 *
 * @module
 */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { type Bus, openBus, shareSubmissions } from "@gopool/bus";
import { displayHash, targetFromBits, targetToBytes, toHex } from "@gopool/chain";
import { type Ledger, openLedger } from "@gopool/ledger";
import { freshDatabase } from "@gopool/ledger/fixture";
import { startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, systemClock } from "@gopool/runtime";
import { createNonceScanner, decodeSubmission } from "@gopool/shares";
import { headerFor, type NotifyParams, prevHashFromWire } from "@gopool/stratum";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { MinerConnection } from "@gopool/poold/miner";
import { DyingPool } from "./dying_pool.ts";
import { compare, counted, owedBlocks, republished, unjudged, unknownBlocks } from "./books.ts";
import { Answers } from "./ledger_of_answers.ts";

/** About one hash in 16,384 is a block: rare among shares, found in milliseconds when one is wanted. */
const NETWORK_BITS = 0x1f03ffff;
const NETWORK_TARGET = targetFromBits(NETWORK_BITS);
const CONNECTIONS = 4;
const SHARES_PER_CONNECTION = 40;
const WORKER = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4.crash";

const ANYWHERE = "anywhere";
const REBUILD = "in the middle of the rebuild";
const ROUNDS = [
  "after publish, before the answer",
  // Right after a kill that leaves a whole burst unjudged: those are the shares in flight.
  REBUILD,
  "after valid, before the commit",
  "after the candidate, before the block",
  ANYWHERE,
  "after the block, before it is submitted",
  "after it was submitted, before the spool knows",
  "before the shares are written",
  "while the candidate is on the gateway's disk only",
  "after publish, before the answer",
  "after valid, before the commit",
  ANYWHERE,
];

const scanner = createNonceScanner();

/** A nonce that makes the connection's header a block, searched from `from` on. */
function blockNonce(
  connection: MinerConnection,
  notify: NotifyParams,
  extranonce2: Uint8Array,
  from: number,
): number {
  const { extranonce1 } = connection.subscribed!;
  const { version, ntime } = notify;
  const header = headerFor(notify, { extranonce1, extranonce2, version, ntime, nonce: 0 });
  for (let at = from;; at += 20_000) {
    const [nonce] = scanner.scan(header, targetToBytes(NETWORK_TARGET), at, 20_000);
    if (nonce !== undefined) return nonce;
  }
}

/** A burst over all connections at once: each sends its shares in one go, one of them a block. */
async function burst(connections: MinerConnection[], answers: Answers, round: number) {
  const sends: Promise<void>[] = [];
  const plans = connections.map((connection) => {
    const notify = connection.notify!;
    const extranonce2 = new Uint8Array(8);
    new DataView(extranonce2.buffer).setUint32(0, round);
    return {
      connection,
      notify,
      extranonce2,
      block: blockNonce(connection, notify, extranonce2, 1_000),
    };
  });
  for (const { connection, notify, extranonce2, block } of plans) {
    connection.together(() => {
      for (let nonce = 0; nonce < SHARES_PER_CONNECTION; nonce++) {
        const found = nonce === SHARES_PER_CONNECTION >> 1 ? block : nonce;
        sends.push(answers.submit(connection, WORKER, notify, extranonce2, found));
      }
    });
  }
  await Promise.all(sends);
}

async function connectAll(port: number): Promise<MinerConnection[]> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      MinerConnection.login({
        host: "127.0.0.1",
        port,
        username: WORKER,
        userAgent: "cpuminer-crash/1.0",
      })),
  );
  for (const connection of connections) {
    await waitFor(() => connection.notify !== undefined, "a job");
  }
  return connections;
}

/** Appends a raw copy of the last submission: a repeat on the other side of the kill. */
async function appendRepeat(bus: Bus): Promise<string> {
  for (const { partition, earliest, next } of await bus.ends(shareSubmissions)) {
    if (earliest === next) continue;
    const { value, key } = (await bus.last(shareSubmissions, partition))!;
    await bus.publish(shareSubmissions, [{ value, key, partition }]);
    return toHex(decodeSubmission(value).headerHash);
  }
  throw new Error("no submission to repeat");
}

/** Shares that the ledger has counted. */
function sharesIn(ledger: Ledger): Promise<number> {
  return ledger.transaction(async (tx) => {
    const [row] = await tx.query<{ shares: bigint }>(
      "SELECT coalesce(sum(shares), 0)::bigint AS shares FROM slice_minute",
    );
    return Number(row!.shares);
  });
}

Deno.test("a dozen kills under load lose no share answered true, count none twice, and lose no block", async () => {
  await using folder = await tempDir();
  const dataDir = `${folder.path}/data`;
  await using database = await freshDatabase({ migrated: true });
  const { url: ledgerUrl } = database;
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "x",
    difficulty: { fixedBits: NETWORK_BITS },
    transactionsPerBlock: { min: 0, max: 5 },
    clock: systemClock,
    random: seededRandom(5),
  });
  const port = freePort();
  const answers = new Answers(NETWORK_TARGET);
  const repeats: string[] = [];
  const busUrl = `sqlite:${dataDir}/bus.db`;

  for (const [round, point] of ROUNDS.entries()) {
    if (point === REBUILD) {
      await using bus = await openBus(busUrl, { clock: systemClock });
      assertGreaterOrEqual(await unjudged(bus), 100, "shares in flight");
    }
    const pool = new DyingPool({ dataDir, ledgerUrl, nodeUrl: node.url, port, point });
    if (point === REBUILD) {
      assertEquals((await pool.finished()).signal, "SIGKILL"); // by itself, while it starts
      continue;
    }
    await pool.listening;
    const connections = await connectAll(port);
    await burst(connections, answers, 2 * round); // a quiet one, answered in full
    const before = answers.all().length;
    const onTip = ({ notify }: MinerConnection) =>
      displayHash(prevHashFromWire(notify!.prevHashWire)) === node.bestHash;
    await waitFor(() => connections.every(onTip), "jobs on the tip that the quiet burst has made");
    await pool.arm();
    const bursting = burst(connections, answers, 2 * round + 1);
    if (point === ANYWHERE) {
      await systemClock.sleep(round * 2);
      pool.kill("SIGKILL");
    }
    const status = await pool.finished();
    await bursting;
    assertEquals(status.signal, "SIGKILL", pool.log());
    for (const connection of connections) await connection[Symbol.asyncDispose]();
    const flown = answers.all().slice(before);
    assertGreaterOrEqual(flown.length, 100, "shares in flight");
    assertGreaterOrEqual(flown.filter((share) => share.candidate).length, 3, "blocks in flight");
    await using bus = await openBus(busUrl, { clock: systemClock });
    repeats.push(await appendRepeat(bus));
  }

  const pool = new DyingPool({ dataDir, ledgerUrl, nodeUrl: node.url, port, point: "never" });
  await pool.listening;
  await using bus = await openBus(busUrl, { clock: systemClock });
  await waitFor(async () => await unjudged(bus) === 0, "all shares to be judged", {
    deadlineMs: 30_000,
  });
  const valid = await counted(bus);
  const owed = owedBlocks(answers.all(), valid);
  const allThere = async () => (await unknownBlocks(node.url, owed)).length === 0;
  await waitFor(allThere, "every block to reach the node").catch(async (error) => {
    const missing = await unknownBlocks(node.url, owed);
    const shares = answers.all().filter(({ hash }) => missing.includes(hash));
    throw new Error(`${error.message}: ${JSON.stringify(shares)}\n${pool.log()}`);
  });
  await using ledger = await openLedger(ledgerUrl, { clock: systemClock });
  await waitFor(
    async () => await sharesIn(ledger) >= valid.length,
    "the ledger to have every share",
  );
  pool.kill("SIGTERM");
  assertEquals((await pool.finished()).code, 0, pool.log());
  assertEquals(await sharesIn(ledger), valid.length, "shares in the ledger");

  const books = compare(answers.all(), valid);
  const { lost, doubled, strange, mute } = books;
  assertEquals({ lost, doubled, strange, mute }, { lost: [], doubled: [], strange: [], mute: [] });
  assertEquals(repeats.filter((hash) => valid.filter((one) => one === hash).length > 1), []);
  const repeatsSeen = await republished(bus);
  assertGreaterOrEqual(repeatsSeen, 1, "the repeats were seen as repeats");
  console.log(
    `kills ${ROUNDS.length}; submitted ${books.submitted}; told ${JSON.stringify(books.told)}; ` +
      `counted ${books.counted}, of them not told true ${books.untold}; repeats appended ` +
      `${repeats.length}, seen ${repeatsSeen}; blocks answered or in the log ${owed.length}, all at the node`,
  );
});
