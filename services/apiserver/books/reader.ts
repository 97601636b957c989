/**
 * Questions to the books, for the public.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { type Ledger, MINUTE_MS, minuteOf, type Tx } from "@gopool/ledger";
import { ratesAt, schemeAt, schemePeriods } from "@gopool/ledger/schemes";
import { termsOf } from "@gopool/ledger/terms";
import { accountNamed, paymentPage, workersOf } from "@gopool/ledger/views";
import type { Clock, Service } from "@gopool/runtime";
import { blocksFoundIn, blocksOf, detailOf, newestBlockOf, shown, splitOf } from "./blocks.ts";
import { Estimates, nextBlockSats } from "./estimates.ts";
import { earningsOf, moneyOf, payoutsTo, settingsOf } from "./miners.ts";
import { WORKERS_MAX } from "./limits.ts";
import { pageOf, placeOf } from "./pages.ts";
import { schemeName } from "./rules.ts";
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
  PoolPayout,
  PoolTerms,
} from "./types.ts";

export interface BooksReaderDeps {
  /** Opened with `readOnly`, as the role that can only read. */
  readonly ledger: Pick<Ledger, "transaction">;
  readonly clock: Clock;
  readonly network: Network;
  /** Its name, as miners' requests name it. */
  readonly pool: string;
}

/**
 * Questions to the books. Each answer is of one moment. What throws LedgerUnavailable can be had later. Addresses are
 * canonical; null where the books have no such account, block or split.
 */
export interface BooksReader extends Service {
  terms(): Promise<PoolTerms>;
  /** The highest first. @throws {BadPage} */
  blocks(page: PageAsked): Promise<Page<PoolBlock>>;
  /** Found in a range, half open, the newest first. */
  blocksBetween(fromMs: number, untilMs: number, limit: number): Promise<readonly PoolBlock[]>;
  /** The one that was found last; null before the first. */
  newestBlock(): Promise<PoolBlock | null>;
  /** @param hash As explorers show it, 64 hex digits. */
  block(hash: string): Promise<PoolBlockDetail | null>;
  /** The largest credits first. @throws {BadPage} */
  split(hash: string, page: PageAsked): Promise<BlockSplit | null>;
  /** @throws {BadPage} */
  payouts(page: PageAsked): Promise<Page<PoolPayout>>;
  /** Whether this address ever mined here. */
  knows(address: string): Promise<boolean>;
  miner(address: string): Promise<MinerMoney | null>;
  /** When each of its workers was first seen, ms: of those seen last, WORKERS_MAX at most. Empty where it is not known. */
  firstSeen(address: string): Promise<ReadonlyMap<string, number>>;
  /** @throws {BadPage} */
  minerPayouts(address: string, page: PageAsked): Promise<Page<MinerPayout> | null>;
  /** Each of the last `days` UTC days, today counted, the newest first, back to its first. */
  earnings(address: string, days: number): Promise<readonly DayEarnings[] | null>;
  settings(address: string): Promise<MinerSettings | null>;
  /** Keeps estimates fresh, as long as anybody asks for them. Without it who asks waits for them at times. */
  run(signal: AbortSignal): Promise<void>;
}

export function createBooksReader(deps: BooksReaderDeps): BooksReader {
  const { ledger, clock, network, pool } = deps;
  const estimates = new Estimates(deps);
  const read = <T>(work: (tx: Tx) => Promise<T>) => ledger.transaction(work, { snapshot: true });
  /** Null where nobody mined by this address. */
  const ofAccount = <T>(address: string, work: (tx: Tx, account: number) => Promise<T>) =>
    read(async (tx) => {
      const found = await accountNamed(tx, address);
      return found === null || found.kind !== "miner" ? null : await work(tx, found.id);
    });
  return {
    name: "apiserver/books",
    run: (signal) => estimates.keepFresh(signal),
    terms: () => read((tx) => poolTerms(tx, network, clock.now())),
    blocks: (page) => read((tx) => blocksOf(tx, page)),
    blocksBetween: (fromMs, untilMs, limit) =>
      read((tx) => blocksFoundIn(tx, { fromMs, untilMs, limit })),
    newestBlock: () => read(newestBlockOf),
    block: (hash) => read((tx) => detailOf(tx, hash)),
    split: (hash, page) => read((tx) => splitOf(tx, hash, page)),
    payouts: (page) => read((tx) => payoutsOf(tx, page)),
    knows: async (address) => await ofAccount(address, () => Promise.resolve(true)) ?? false,
    async miner(address) {
      const nowMs = clock.now();
      const money = await read((tx) => moneyOf(tx, address, nowMs));
      return money && { ...money, estimate: await estimates.of(address) };
    },
    firstSeen: async (address) => {
      const found = await ofAccount(address, (tx, account) => workersOf(tx, account, WORKERS_MAX));
      return new Map(found?.map(({ name, firstSeenMs }) => [name, firstSeenMs]));
    },
    minerPayouts: (address, page) =>
      ofAccount(address, (tx, account) => payoutsTo(tx, account, page)),
    earnings: (address, days) =>
      ofAccount(address, (tx, account) => earningsOf(tx, account, days, clock.now())),
    settings: (address) =>
      read((tx) => settingsOf(tx, address, { network, pool, nowMs: clock.now() })),
  };
}

async function poolTerms(tx: Tx, network: Network, nowMs: number): Promise<PoolTerms> {
  const periods = await schemePeriods(tx);
  const minute = minuteOf(nowMs);
  const period = periods.length === 0 ? null : schemeAt(periods, minute);
  const rates = await ratesAt(tx, null, minute * MINUTE_MS);
  const terms = await termsOf(tx);
  return {
    scheme: schemeName(period?.scheme ?? null),
    windowThousandths: period?.params.windowThousandths ?? 0,
    feeBasisPoints: rates?.feeBasisPoints ?? 0,
    donationBasisPoints: rates?.donationBasisPoints ?? 0,
    thresholdSats: terms?.thresholdSats ?? 0n,
    leastThresholdSats: terms?.leastThresholdSats ?? 0n,
    addressDelayMs: terms?.addressDelayMs ?? 0,
    maturity: terms?.maturity ?? 0,
    feePayer: terms?.feePayer ?? null,
    nextBlockSats: await nextBlockSats(tx, network),
  };
}

/** @throws {BadPage} */
async function payoutsOf(tx: Tx, page: PageAsked): Promise<Page<PoolPayout>> {
  const place = placeOf(page.token, "bigint");
  const beforeId = place === null ? null : BigInt(place[0]!);
  const found = await paymentPage(tx, { beforeId, limit: page.size + 1 });
  return pageOf(found, page, ({ id }) => [id], (payment) => ({
    id: payment.id,
    atMs: payment.plannedAtMs,
    state: payment.state,
    sats: payment.grossSats,
    accounts: payment.accounts,
    feeSats: payment.feeSats,
    txid: payment.txid === null ? "" : shown(payment.txid),
  }));
}
