/**
 * payoutd in this process for an hour of its clock, half of it under PPLNS, half under PPS: shares, blocks that are
 * replaced and brought back, payouts. Then its books are checked, computed afresh, and held against the chain.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { type Ledger, moveReserve, openLedger, type Row, setScheme } from "@gopool/ledger";
import { startTestChain } from "@gopool/node/fixture";
import {
  type Clock,
  createStatusBoard,
  seededRandom,
  silent,
  supervise,
  systemClock,
  systemRandom,
} from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { startPostgres } from "@gopool/testing/servers";
import {
  auditLetters,
  auditPayouts,
  auditShares,
  orphanedIn,
  paidOnChain,
} from "../../fault/payoutd/audit.ts";
import { checkBooks } from "../../fault/payoutd/check_books.ts";
import { composed, MATURITY, settingsOf } from "../../fault/payoutd/compose.ts";
import { fastClock } from "../../fault/payoutd/fast_clock.ts";
import { Feeder } from "../../fault/payoutd/feeder.ts";
import { PARTITIONS } from "../../fault/payoutd/miners.ts";
import { makePoolKey, signerWith } from "../../fault/payoutd/pool_key.ts";
import { untilAtRest } from "../../fault/payoutd/rest.ts";
import type { Options } from "./options.ts";

const MINUTE_MS = 60_000;

/**
 * @returns What happened, by name.
 * @throws With the first difference.
 */
export async function ledgerHour({ minutes, pace, seed }: Options): Promise<object> {
  await using folder = await tempDir();
  await using server = await startPostgres();
  await using chain = await startTestChain({ maturity: MATURITY });
  const key = await makePoolKey(folder.join("key"));
  const clock = fastClock({ factor: pace, fromMs: systemClock.now() });
  const book = { pool: "gopool", network: "regtest", migrate: true };
  await using ledger = await openLedger(server.url, { clock, ...book });
  const books = {
    ask: <R extends Row>(sql: string, parameters: readonly unknown[] = []) =>
      ledger.transaction((tx) => tx.query<R>(sql, parameters)),
  };
  await using bus = await openBus("memory:", { clock, sharePartitions: PARTITIONS });
  const signer = await signerWith(key, chain.nodes);
  const board = createStatusBoard(clock);
  const settings = settingsOf(key.poolAddress);
  const common = { bus, clock, board, log: silent };
  const payoutd = composed({ ...common, ledger, nodes: chain.nodes, signer, settings });
  const feeder = new Feeder({
    ...{ bus, clock, chain, ...key },
    random: seededRandom(seed),
    orphaned: orphanedIn(books),
  });
  const stop = new AbortController();
  const beginMs = clock.now();
  const atWork = [
    feeder.run(stop.signal),
    supervise(payoutd, { ...common, random: systemRandom }).run(stop.signal),
  ];
  try {
    await clock.sleep(minutes * MINUTE_MS / 2);
    await changeToPps(ledger, clock, settings.windowThousandths);
    await clock.sleep(beginMs + minutes * MINUTE_MS - clock.now());
    await untilAtRest(books, bus, feeder).catch((error) => {
      const said = board.all().map(({ part, detail }) => `${part}: ${detail}`);
      throw new Error([error.message, ...said].join("\n"));
    });
  } finally {
    stop.abort();
    await Promise.all(atWork);
  }
  const shares = await auditShares(books, feeder);
  const payouts = await auditPayouts(books, await paidOnChain(chain, key.poolAddress));
  const letters = await auditLetters(books, feeder);
  const { verified, rebuilt } = await checkBooks(ledger, bus, chain.nodes, key.poolScript);
  return {
    "minutes of its clock": Math.round((clock.now() - beginMs) / MINUTE_MS),
    ...shares,
    repeats: feeder.happened.repeats,
    ...await blocksIn(ledger),
    reorganisations: feeder.happened.reorganisations,
    "brought back": feeder.happened.returns,
    ...payouts,
    "dead letters": letters,
    verify:
      `${verified.checks} checks of ${verified.entries} entries: ${verified.problems.length} problems`,
    notes: verified.notes.join(". ") || "none",
    rebuild:
      `${rebuilt.shares} shares, ${rebuilt.blocks.splits} splits, ${rebuilt.ppsMinutes} minutes of PPS, ` +
      `${rebuilt.accounts} balances: ${rebuilt.differenceCount} differences`,
  };
}

/** Lent by the operator until blocks have filled it: with an empty reserve PPS would fall back at once. */
const RESERVE_SATS = 100_000_000_000n;

async function changeToPps(ledger: Ledger, clock: Clock, windowThousandths: number): Promise<void> {
  const change = { scheme: "pps", params: { windowThousandths }, fromMinute: null } as const;
  const by = { operator: "load", reason: "the second half of the hour", nowMs: clock.now() };
  const decision = await ledger.transaction((tx) => setScheme(tx, change, by), { money: true });
  if (decision.kind === "refused") throw new Error(decision.why);
  const why = await ledger.transaction((tx) => moveReserve(tx, RESERVE_SATS, by), { money: true });
  if (why !== null) throw new Error(why);
}

async function blocksIn(ledger: Ledger) {
  const [row] = await ledger.transaction((tx) =>
    tx.query<Record<string, bigint>>(
      `SELECT count(*) FILTER (WHERE state <> 'found') AS blocks, count(*) FILTER (WHERE state = 'orphaned') AS orphaned,
       count(*) FILTER (WHERE epoch > 0) AS returned, count(*) FILTER (WHERE scheme = 'pps') AS "to the reserve",
       (SELECT count(*) FROM pps_minute) AS "minutes of PPS paid",
       (SELECT count(*) FROM scheme_period WHERE is_fallback) AS "fallen back"
     FROM block`,
    )
  );
  return row!;
}
