/**
 * Books with a little of everything in them, made by the ledger's own functions. Imported by tests only.
 *
 * @module
 */
import {
  asHash,
  canonicalAddress,
  compactSize,
  concat,
  concatAll,
  type Hash,
  sha256d,
  u32le,
  u64le,
} from "@gopool/chain";
import {
  accountsOf,
  addPayout,
  addSlices,
  bookPps,
  closeThrough,
  confirmPayout,
  handAttempt,
  type Ledger,
  movePosition,
  noteLate,
  noteSent,
  openFees,
  openLog,
  openSchedule,
  openShareLog,
  outputsOf,
  payoutOf,
  setScheme,
  sharePositions,
  storeSigned,
  sumUpHour,
  type Tx,
} from "@gopool/ledger";
import {
  confirmBlock,
  matureBlock,
  orphanBlock,
  settleBlock,
  takeBlock,
} from "@gopool/ledger/blocks";
import { splitValue } from "@gopool/ledger/rewards";

/** 2026-01-01T00:00:00Z, a whole hour. */
export const START_MS = 1_767_225_600_000;
export const START_MINUTE = START_MS / 60_000;
export const NBITS = 0x1d00ffff;
const SUBSIDY = 5_000_000_000n;

export function hashOf(n: number): Hash {
  return asHash(new Uint8Array(32).fill(n));
}

/** P2WPKH scripts and their addresses on regtest. */
export function scriptOf(n: number): Uint8Array {
  return concat(Uint8Array.of(0, 20), new Uint8Array(20).fill(n));
}
export function addressOf(n: number): string {
  return canonicalAddress(scriptOf(n), "regtest")!;
}
export const POOL_SCRIPT = scriptOf(0xee);

const LOG = { id: "log-1", busId: "log-1" };

/** Opens books: a log of two partitions, PPLNS, a fee of 1 % and 0.5 % donated. */
export async function openBooks(tx: Tx): Promise<void> {
  await openSchedule(tx, { scheme: "pplns", params: { windowThousandths: 4_000 } }, START_MS);
  await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 50 }, START_MS);
  const positions = [0, 1].map((partition) => ({
    partition,
    sourceOffset: -1,
    headerHash: new Uint8Array(),
    loggedAtMs: 0,
    nextOffset: 0,
  }));
  await openLog(tx, { ...LOG, beginsAtMs: 0, positions, adjustmentId: null }, START_MS);
}

/** One share for each miner and minute given, on partition 0, of the work given. */
export async function addShares(
  tx: Tx,
  shares: readonly { minute: number; miner: number; work: bigint; scheme?: "pplns" | "pps" }[],
): Promise<void> {
  const log = (await openShareLog(tx))!;
  const at = (await sharePositions(tx, log.number))[0]!;
  const to = {
    ...at,
    sourceOffset: at.sourceOffset + shares.length,
    headerHash: hashOf(at.nextOffset % 256),
    loggedAtMs: Math.max(...shares.map(({ minute }) => minute)) * 60_000,
    nextOffset: at.nextOffset + shares.length,
  };
  const counts = { shares: shares.length, foreign: 0, deadLetters: 0 };
  if (await movePosition(tx, { log: log.number, from: at, to, ...counts }) === null) {
    throw new Error("the position has moved");
  }
  await addSlices(tx, {
    minutes: shares.map(({ minute }) => minute),
    schemes: shares.map(({ scheme }) => scheme ?? "pplns"),
    accounts: await accountsOf(tx, shares.map(({ miner }) => addressOf(miner))),
    nbits: shares.map(() => NBITS),
    subsidies: shares.map(({ scheme }) => scheme === "pps" ? SUBSIDY : 0n),
    shares: shares.map(() => 1),
    works: shares.map(({ work }) => work),
  });
}

export interface BlockOptions {
  readonly n: number;
  readonly height: number;
  readonly minute: number;
  readonly weights: readonly (readonly [miner: number, weight: bigint])[];
  /** Paid by the coinbase itself. */
  readonly paid?: readonly (readonly [miner: number, sats: bigint])[];
}

/** A block found, confirmed and settled by these weights. */
export async function addBlock(tx: Tx, options: BlockOptions): Promise<Hash> {
  const { n, height, minute, weights, paid = [] } = options;
  const hash = hashOf(n);
  const atMs = minute * 60_000 + 1;
  await takeBlock(tx, {
    hash,
    height,
    foundAtMs: atMs,
    nbits: NBITS,
    origin: "found",
    record: { logId: LOG.busId, offset: n },
    jobId: "0000000100000001",
    variant: 0,
    snapshotId: new Uint8Array(),
    finder: addressOf(1),
    worker: "",
    gateway: "g",
    facts: new Uint8Array(),
    remarks: [],
  }, atMs);
  await confirm(tx, hash, n, paid, atMs);
  const rates = { feeBasisPoints: 100, donationBasisPoints: 50 };
  const split = splitValue(
    SUBSIDY,
    weights.map(([miner, weight]) => ({ account: addressOf(miner), weight, ...rates })),
  );
  const ids = await accountsOf(tx, split.credits.map(({ account }) => account));
  await settleBlock(tx, hash, {
    scheme: "pplns",
    credits: split.credits.map((credit, i) => {
      const sats = paid.find(([miner]) => addressOf(miner) === credit.account)?.[1] ?? 0n;
      return { ...credit, account: ids[i]!, paid: sats, carried: sats > 5n ? 5n : 0n };
    }),
    fee: split.feeSats,
    donation: split.donationSats,
    basis: {},
    remarks: [],
  }, atMs);
  return hash;
}

async function confirm(tx: Tx, hash: Hash, n: number, paid: BlockOptions["paid"], atMs: number) {
  const others = (paid ?? []).map(([miner, sats]) => ({
    sats,
    script: scriptOf(miner),
    isPool: false,
  }));
  const left = SUBSIDY - others.reduce((sum, { sats }) => sum + sats, 0n);
  const outputs = [{ sats: left, script: POOL_SCRIPT, isPool: true }, ...others]
    .map((output, position) => ({ ...output, position }));
  await confirmBlock(tx, hash, { txid: hashOf(n + 100), outputs }, { confirmations: 1, atMs });
}

export interface Built {
  readonly mature: Hash;
  readonly immature: Hash;
  readonly returned: Hash;
  readonly payout: bigint;
}

/**
 * A mature block that is partly paid out, one with outputs of its own that is not mature, one that left the chain and
 * came back, a minute of PPS, a late share, hours summed up.
 */
export async function buildBooks(ledger: Ledger): Promise<Built> {
  const money = <T>(work: (tx: Tx) => Promise<T>) => ledger.transaction(work, { money: true });
  return await money(async (tx) => {
    await openBooks(tx);
    for (let minute = START_MINUTE; minute < START_MINUTE + 90; minute += 10) {
      await addShares(
        tx,
        [1, 2, 3].map((miner) => ({ minute, miner, work: BigInt(miner) << 20n })),
      );
    }
    const by = { operator: "Ada", reason: "a try", nowMs: START_MS };
    const params = { windowThousandths: 4_000 };
    await setScheme(tx, { scheme: "pps", params, fromMinute: START_MINUTE + 95 }, by);
    await setScheme(tx, { scheme: "pplns", params, fromMinute: START_MINUTE + 96 }, by);
    await addShares(tx, [{ minute: START_MINUTE + 95, miner: 2, work: 7n, scheme: "pps" }]);
    await closeThrough(tx, START_MINUTE + 100);
    while (await sumUpHour(tx));
    await addShares(tx, [{ minute: START_MINUTE + 101, miner: 1, work: 5n }]);
    const late = { sourceOffset: 28, loggedMinute: START_MINUTE, minute: START_MINUTE + 101 };
    await noteLate(tx, (await openShareLog(tx))!.number, 0, [late]);
    const weights = [[1, 1n], [2, 2n], [3, 3n]] as const;
    const at = (height: number) => ({ height, minute: START_MINUTE + 30 });
    const mature = await addBlock(tx, { n: 1, ...at(10), weights });
    await matureBlock(tx, mature, { confirmations: 100, atMs: START_MS });
    const immature = await addBlock(tx, { n: 2, ...at(11), weights, paid: [[3, 1_000n]] });
    const returned = await addBlock(tx, { n: 3, ...at(12), weights });
    await orphanBlock(tx, returned, { confirmations: -1, atMs: START_MS });
    await confirm(tx, returned, 3, [], START_MS);
    const [second] = await accountsOf(tx, [addressOf(2)]);
    await bookPps(tx, {
      minute: START_MINUTE + 95,
      credits: [{ account: second!, sats: 12n, carry: 1n }],
      expectedFees: 0n,
      feeBlocks: 0,
      feeHeight: null,
      poolRates: { feeBasisPoints: 100, donationBasisPoints: 50 },
      otherRates: [],
    }, START_MS);
    const payout = await payOut(tx, [[1, 100_000n], [2, 200_000n]]);
    return { mature, immature, returned, payout };
  });
}

/** A payment to miners, signed (by nobody), sent and confirmed. */
async function payOut(tx: Tx, lines: readonly (readonly [number, bigint])[]): Promise<bigint> {
  const [coin] = await tx.query<{ id: bigint; sats: bigint }>(
    "SELECT id, sats FROM coin WHERE state = 'mature' AND payout_id IS NULL LIMIT 1",
  );
  const accounts = await accountsOf(tx, lines.map(([miner]) => addressOf(miner)));
  const gross = lines.reduce((sum, [, sats]) => sum + sats, 0n);
  const id = await addPayout(tx, {
    awaiting: false,
    feePayer: "pool",
    changeScript: POOL_SCRIPT,
    lines: lines.map(([miner, grossSats], i) => ({
      account: accounts[i]!,
      script: scriptOf(miner),
      grossSats,
      feeSats: 0n,
    })),
    coins: [coin!.id],
    feeRate: 1_000n,
    feeSats: 300n,
    changeSats: coin!.sats - gross - 300n,
    weight: 600,
    atMs: START_MS,
  });
  await handAttempt(tx, id, 0, START_MS);
  const payout = (await payoutOf(tx, id))!;
  const raw = concatAll([
    u32le(2),
    compactSize(1),
    ...payout.attempts[0]!.inputs.flatMap(({ txid, vout }) => [txid, u32le(vout), compactSize(0)]),
    u32le(0xfffffffd),
    compactSize(lines.length + 1),
    ...outputsOf(payout, payout.attempts[0]!).flatMap(({ sats, script }) => [
      u64le(sats),
      compactSize(script.length),
      script,
    ]),
    u32le(0),
  ]);
  await storeSigned(tx, id, 0, { txid: sha256d(raw), raw }, START_MS);
  await noteSent(tx, id, 0, { taken: true, words: "accepted" }, START_MS);
  await tx.query("UPDATE payout_tx SET block_hash = $1, block_height = 200 WHERE payout_id = $2", [
    hashOf(200),
    id,
  ]);
  await confirmPayout(tx, id, 0, START_MS);
  return id;
}
