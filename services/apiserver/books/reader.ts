import type { Network } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import type { Clock } from "@gopool/runtime";
import type {
  BlockSplit,
  DayEarnings,
  MinerMoney,
  MinerPayout,
  MinerSettings,
  Page,
  PageAsked,
  PoolBlock,
  PoolBlockDetail,
  PoolMoney,
  PoolPayout,
  PoolTerms,
} from "./types.ts";

export interface BooksReaderDeps {
  /** Opened with `readOnly`. */
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, "now">;
  readonly network: Network;
  /** Its name, as miners' requests name it. */
  readonly pool: string;
  /** As payoutd's settings say: of who has chosen none, and the least that may be chosen. */
  readonly thresholdSats: bigint;
  readonly leastThresholdSats: bigint;
}

/**
 * Questions to the books. Each answer is of one moment. What throws LedgerUnavailable can be had later: see
 * `missingOf()`. Addresses are canonical; null where the books have no such account, block or split.
 */
export interface BooksReader extends AsyncDisposable {
  terms(): Promise<PoolTerms>;
  money(): Promise<PoolMoney>;
  /** The highest first. @throws {BadPage} */
  blocks(page: PageAsked): Promise<Page<PoolBlock>>;
  /** Found in a range, the newest first. */
  blocksBetween(fromMs: number, untilMs: number, limit: number): Promise<readonly PoolBlock[]>;
  /** @param hash As explorers show it, 64 hex digits. */
  block(hash: string): Promise<PoolBlockDetail | null>;
  /** The largest credits first. @throws {BadPage} */
  split(hash: string, page: PageAsked): Promise<BlockSplit | null>;
  /** @throws {BadPage} */
  payouts(page: PageAsked): Promise<Page<PoolPayout>>;
  /** Whether this address ever mined here. */
  knows(address: string): Promise<boolean>;
  miner(address: string): Promise<MinerMoney | null>;
  /** @throws {BadPage} */
  minerPayouts(address: string, page: PageAsked): Promise<Page<MinerPayout> | null>;
  /** The newest first: every one of the last `days` UTC days, today counted, those without any earnings left out. */
  earnings(address: string, days: number): Promise<readonly DayEarnings[] | null>;
  settings(address: string): Promise<MinerSettings | null>;
}

/** A page token that no answer had. The message is a sentence. */
export class BadPage extends Error {
  override name = "BadPage";
}

export function createBooksReader(_deps: BooksReaderDeps): BooksReader {
  throw new Error("not built yet");
}
