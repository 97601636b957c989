/**
 * What a block would bring each account if it were found now: reckoned from the window as it stands, by the very rules
 * that settle blocks, for all accounts at once, and kept for a while.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { subsidyAt } from "@gopool/chain";
import { type Ledger, LedgerUnavailable, type Tx } from "@gopool/ledger";
import { claimsNow } from "@gopool/ledger/blocks";
import { type BlockSplit, expectedFees, FEE_BLOCKS, splitBlock } from "@gopool/ledger/rewards";
import { chainFees, schemePeriods } from "@gopool/ledger/schemes";
import { MINUTE_MS, shareBook, WindowNotReadable } from "@gopool/ledger/shares";
import type { Clock } from "@gopool/runtime";
import {
  ESTIMATE_DUTY,
  ESTIMATE_FRESH_MS,
  ESTIMATE_LOOK_MS,
  ESTIMATE_SHOWN_MS,
  ESTIMATE_WANTED_MS,
} from "./limits.ts";
import type { MinerEstimate } from "./types.ts";

export interface EstimatesDeps {
  readonly ledger: Pick<Ledger, "transaction">;
  readonly clock: Clock;
  readonly network: Network;
}

/** The window of a moment, split. */
interface Reckoned {
  readonly minute: number;
  readonly blockSats: bigint;
  /** By address; null where a block is not split by work: its finder's, or the reserve's. */
  readonly parts: ReadonlyMap<string, { readonly sats: bigint; readonly weight: bigint }> | null;
  readonly weights: bigint;
  readonly goesToFinder: boolean;
  /** By the monotonic clock. */
  readonly atMs: number;
  readonly tookMs: number;
}

/** Subsidy and expected fees of the chain's next block; null where the ledger has seen none of the chain. */
export async function nextBlockSats(tx: Tx, network: Network): Promise<bigint | null> {
  const blocks = await chainFees(tx, FEE_BLOCKS);
  const [tip] = blocks;
  if (tip === undefined) return null;
  return subsidyAt(network, tip.height + 1) + expectedFees(blocks.map(({ fees }) => fees));
}

export class Estimates {
  #latest: Reckoned | null = null;
  #underWay: Promise<Reckoned | null> | null = null;
  #kept = false;
  #askedAtMs = -Infinity;

  constructor(readonly deps: EstimatesDeps) {}

  /**
   * Null where there is nothing to tell: the books have no schedule or know no block of the chain.
   *
   * @param address Canonical, of an account of the books.
   * @throws {LedgerUnavailable}
   */
  async of(address: string): Promise<MinerEstimate | null> {
    const { clock } = this.deps;
    this.#askedAtMs = clock.monotonic();
    const latest = this.#latest;
    const goodForMs = this.#kept ? ESTIMATE_SHOWN_MS : ESTIMATE_FRESH_MS;
    const isGood = latest !== null && this.#askedAtMs - latest.atMs < goodForMs;
    const found = isGood ? latest : await this.#renewed();
    if (found === null) return null;
    const { minute, blockSats, parts, weights } = found;
    const told = { blockSats, asOfMs: minute * MINUTE_MS };
    if (parts !== null) {
      const part = parts.get(address);
      const windowShare = part === undefined ? 0 : ratio(part.weight, weights);
      return { ...told, rewardSats: part?.sats ?? 0n, windowShare };
    }
    const rewardSats = found.goesToFinder ? await this.#asFinder(found, address) : 0n;
    return { ...told, rewardSats, windowShare: 0 };
  }

  /** Renews what is asked for, so that nobody has to wait for it. */
  async keepFresh(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    this.#kept = true;
    // The first visitor is expected.
    this.#askedAtMs = clock.monotonic();
    try {
      while (!signal.aborted) {
        if (this.#isDue()) await this.#renewed().catch(untilLater);
        await clock.sleep(ESTIMATE_LOOK_MS, signal);
      }
    } finally {
      this.#kept = false;
    }
  }

  #isDue(): boolean {
    const nowMs = this.deps.clock.monotonic();
    if (nowMs - this.#askedAtMs > ESTIMATE_WANTED_MS) return false;
    const latest = this.#latest;
    if (latest === null) return true;
    const restMs = Math.max(ESTIMATE_FRESH_MS, latest.tookMs * ESTIMATE_DUTY);
    return nowMs - latest.atMs > restMs;
  }

  /** One at a time, whoever asks. */
  #renewed(): Promise<Reckoned | null> {
    return this.#underWay ??= this.#reckon().finally(() => this.#underWay = null);
  }

  async #reckon(): Promise<Reckoned | null> {
    const { ledger, clock, network } = this.deps;
    const beganMs = clock.monotonic();
    try {
      const made = await ledger.transaction((tx) => reckon(tx, network), { snapshot: true });
      const atMs = clock.monotonic();
      this.#latest = made && { ...made, atMs, tookMs: atMs - beganMs };
    } catch (error) {
      if (!(error instanceof WindowNotReadable)) throw error;
      // Minutes that are only kept as hours by now, at an edge: the next minute's window will do.
      this.#latest = null;
    }
    return this.#latest;
  }

  /** Nobody shares a block that its finder takes: what that would be for this one. */
  #asFinder({ minute, blockSats }: Reckoned, address: string): Promise<bigint> {
    return this.deps.ledger.transaction(async (tx) => {
      const { claims } = await claimsNow(tx, minute, address);
      const { credits } = splitBlock(blockSats, claims);
      return credits.find(({ account }) => account === address)?.sats ?? 0n;
    }, { snapshot: true });
  }
}

async function reckon(
  tx: Tx,
  network: Network,
): Promise<Omit<Reckoned, "atMs" | "tookMs"> | null> {
  const blockSats = await nextBlockSats(tx, network);
  if (blockSats === null || (await schemePeriods(tx)).length === 0) return null;
  const { firstOpenMinute: minute } = await shareBook(tx);
  const { claims } = await claimsNow(tx, minute, "");
  const isByWork = claims.basis.by === "window";
  return {
    minute,
    blockSats,
    parts: isByWork ? partsOf(splitBlock(blockSats, claims)) : null,
    weights: claims.weights.reduce((sum, { weight }) => sum + weight, 0n),
    goesToFinder: !isByWork && claims.goes !== "reserve",
  };
}

function partsOf({ credits }: BlockSplit) {
  return new Map(credits.map(({ account, sats, weight }) => [account, { sats, weight }]));
}

/** Billionths are as much as anybody looks at. */
const PARTS = 1_000_000_000n;

function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number(part * PARTS / whole) / Number(PARTS);
}

/** A ledger that is away is asked again at the next look, and by who wants to know. */
function untilLater(error: unknown): void {
  if (!(error instanceof LedgerUnavailable)) throw error;
}
