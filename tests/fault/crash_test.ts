/**
 * Guarantees 1, 2 and 3 through kill -9: the pool is killed a dozen times under load, at named points, each time with
 * at least a hundred shares in flight and at least three of them blocks. Then the books are compared with what
 * the miners were told.
 *
 * @module
 */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { type Bus, openBus, shareRejected, shareSubmissions, shareValid } from "@gopool/bus";
import {
  displayHash,
  fromHex,
  type Hash,
  targetFromBits,
  targetToBytes,
  toHex,
} from "@gopool/chain";
import { openNodes } from "@gopool/node";
import { startSimulatedNode } from "@gopool/node/simulated";
import { Reason } from "@gopool/proto";
import { seededRandom, systemClock } from "@gopool/runtime";
import {
  createNonceScanner,
  decodeJudged,
  decodeSubmission,
  ruleOn,
  startOf,
} from "@gopool/shares";
import { headerFor, type NotifyParams, prevHashFromWire } from "@gopool/stratum";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { MinerConnection } from "@gopool/poold/miner";
import { DyingPool } from "./dying_pool.ts";
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

/** Hashes as a reader of the chain rule counts them, over all partitions. */
async function counted(bus: Bus): Promise<string[]> {
  const hashes: string[] = [];
  for (const { partition, earliest } of await bus.ends(shareValid)) {
    let at = startOf(await bus.logId());
    for await (const { messages } of bus.read(shareValid, partition, earliest)) {
      for (const { value } of messages) {
        const share = decodeJudged(value);
        const ruling = ruleOn(at, share);
        if (ruling.kind === "drop") continue;
        if (ruling.kind !== "apply") throw new Error(`a reader stops: ${JSON.stringify(ruling)}`);
        at = ruling.position;
        hashes.push(toHex(share.headerHash));
      }
    }
  }
  return hashes;
}

/** Submissions that the judge has not committed. */
async function unjudged(bus: Bus): Promise<number> {
  const ends = await bus.ends(shareSubmissions);
  const committed = await bus.committed(shareSubmissions, "shareproc");
  return ends.reduce((sum, { next }, p) => sum + next - (committed[p] ?? 0), 0);
}

Deno.test("a dozen kills under load lose no share answered true, count none twice, and lose no block", async () => {
  await using folder = await tempDir();
  const dataDir = `${folder.path}/data`;
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
    const pool = new DyingPool({ dataDir, nodeUrl: node.url, port, point });
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

  const pool = new DyingPool({ dataDir, nodeUrl: node.url, port, point: "never" });
  await pool.listening;
  await using bus = await openBus(busUrl, { clock: systemClock });
  await waitFor(async () => await unjudged(bus) === 0, "all shares to be judged", {
    deadlineMs: 30_000,
  });
  const valid = await counted(bus);
  // A candidate that was answered, or that stands in the log though its answer was never sent.
  const mustReach = answers.all().filter(({ candidate, told, hash }) =>
    candidate && (told !== "none" || valid.includes(hash))
  );
  await using nodes = openNodes({ nodes: [{ url: new URL(node.url) }] }, { clock: systemClock });
  const isKnown = async ({ hash }: { hash: string }) =>
    await nodes.list[0]!.confirmations(fromHex(hash) as Hash) !== null;
  const lost = async () => {
    const missing = [];
    // One after another: the node answers only so many at once.
    for (const share of mustReach) if (!await isKnown(share)) missing.push(share);
    return missing;
  };
  await waitFor(async () => (await lost()).length === 0, "every block to reach the node", {
    deadlineMs: 30_000,
  }).catch(async (error) => {
    const missing = (await lost()).map((share) => ({
      ...share,
      valid: valid.includes(share.hash),
    }));
    throw new Error(`${error.message}: ${JSON.stringify(missing)}\n${pool.log()}`);
  });
  pool.kill("SIGTERM");
  assertEquals((await pool.finished()).code, 0, pool.log());

  const told = new Map(answers.all().map((share) => [share.hash, share.told]));
  assertEquals(new Set(valid).size, valid.length, "a share is counted twice");
  const missing = answers.told("true").filter(({ hash }) => !valid.includes(hash));
  assertEquals(missing, [], "answered true and not counted");
  const untold = valid.filter((hash) => told.get(hash) !== "true");
  for (const hash of untold) {
    assert(
      told.get(hash) === "none" || told.get(hash) === "unknown",
      `${hash} is counted and the miner was told "${told.get(hash)}"`,
    );
  }
  assertEquals(repeats.filter((hash) => valid.filter((one) => one === hash).length > 1), []);
  let republished = 0;
  for (const { partition, earliest } of await bus.ends(shareRejected)) {
    for await (const { messages } of bus.read(shareRejected, partition, earliest)) {
      republished += messages.filter(({ value }) =>
        decodeJudged(value).judgedReason === Reason.REPUBLISHED
      ).length;
    }
  }
  assertGreaterOrEqual(republished, 1, "the repeats were seen as repeats");
  console.log(
    `kills ${ROUNDS.length}; submitted ${answers.all().length}; told true ${
      answers.told("true").length
    }, ` +
      `refused ${answers.told("refused").length}, unknown ${answers.told("unknown").length}, ` +
      `nothing ${
        answers.told("none").length
      }; counted ${valid.length}, of them not told true ${untold.length}; ` +
      `repeats appended ${repeats.length}, seen ${republished}; blocks answered or in the log ${mustReach.length}, all at the node`,
  );
});
