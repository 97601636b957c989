/** Blocks for tests of the ledger, without a chain. Imported by tests only. @module */
import { accountsOf, ownAccounts } from "../books.ts";
import type { Ledger } from "../port.ts";
import { confirmBlock, matureBlock, orphanBlock, settleBlock } from "./states.ts";
import { takeBlock } from "./take.ts";
import type { BlockCredit, CoinbaseOutput, NewBlock, Settlement } from "./types.ts";

export const T = 1_767_225_600_000;
export const MONEY = { money: true } as const;
export const POOL_SCRIPT = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(7)]);
/** Any other: a miner's. */
export const OTHER_SCRIPT = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(9)]);

export const hashOf = (n: number) => new Uint8Array(32).fill(n);

export function newBlock(n: number, change: Partial<NewBlock> = {}): NewBlock {
  return {
    hash: hashOf(n),
    height: 100,
    foundAtMs: T,
    nbits: 0x207fffff,
    origin: "found",
    record: { logId: "log", offset: n },
    jobId: "0000000100000000",
    variant: 0,
    snapshotId: new Uint8Array(),
    finder: "",
    worker: "",
    gateway: "gw",
    facts: new Uint8Array([1]),
    remarks: [],
    ...change,
  };
}

/** A miner's credit of so many satoshis, and what the coinbase paid of it. */
export interface Paid {
  readonly address: string;
  readonly sats: bigint;
  readonly paid?: bigint;
  readonly carried?: bigint;
}

/** One block's life, each step in a money transaction of its own. */
export class BlockLife {
  readonly hash: Uint8Array;

  constructor(
    private readonly ledger: Ledger,
    readonly n: number,
    /** Paid to the pool's script. */
    private readonly poolSats: bigint,
    private readonly credits: readonly Paid[],
    private readonly fee: bigint,
  ) {
    this.hash = hashOf(n);
  }

  take = (change: Partial<NewBlock> = {}) =>
    this.ledger.transaction((tx) => takeBlock(tx, newBlock(this.n, change), T), MONEY);
  confirm = () =>
    this.ledger.transaction(
      (tx) => confirmBlock(tx, this.hash, this.#coinbase(), { confirmations: 1, atMs: T }),
      MONEY,
    );
  mature = () =>
    this.ledger.transaction(
      (tx) => matureBlock(tx, this.hash, { confirmations: 100, atMs: T }),
      MONEY,
    );
  orphan = () =>
    this.ledger.transaction(
      (tx) => orphanBlock(tx, this.hash, { confirmations: -1, atMs: T }),
      MONEY,
    );
  settle = (change: Partial<Settlement> = {}) =>
    this.ledger.transaction(async (tx) => {
      const ids = await accountsOf(tx, this.credits.map(({ address }) => address));
      await ownAccounts(tx);
      const credits = this.credits.map(({ sats, paid = 0n, carried = 0n }, i): BlockCredit => ({
        account: ids[i]!,
        weight: 1n,
        sats,
        feeBasisPoints: 100,
        donationBasisPoints: 0,
        paid,
        carried,
      }));
      const settlement = {
        scheme: "pplns",
        credits,
        fee: this.fee,
        donation: 0n,
        basis: {},
        remarks: [],
        ...change,
      };
      return await settleBlock(tx, this.hash, settlement, T);
    }, MONEY);

  #coinbase() {
    const outputs: CoinbaseOutput[] = [];
    const add = (sats: bigint, script: Uint8Array, isPool: boolean) => {
      if (sats > 0n) outputs.push({ position: outputs.length, sats, script, isPool });
    };
    add(this.poolSats, POOL_SCRIPT, true);
    for (const { paid = 0n } of this.credits) add(paid, OTHER_SCRIPT, false);
    return { txid: hashOf(0x80 + this.n), outputs };
  }
}

/** Balances that are not zero: "kind name bucket" to satoshis. */
export async function balances(ledger: Ledger): Promise<Record<string, bigint>> {
  const rows = await ledger.transaction((tx) =>
    tx.query<{ who: string; sats: bigint }>(
      `SELECT concat_ws(' ', nullif(kind, 'miner'), nullif(name, ''),
         CASE bucket WHEN 0 THEN 'immature' ELSE 'mature' END) AS who, sats
       FROM balance JOIN account ON id = account_id WHERE sats <> 0 ORDER BY kind, name, bucket`,
    )
  );
  return Object.fromEntries(rows.map(({ who, sats }) => [who, sats]));
}

/** Coins by state, and what the books hold of them. */
export async function coins(ledger: Ledger): Promise<Record<string, bigint>> {
  const rows = await ledger.transaction((tx) =>
    tx.query<{ state: string; sats: bigint }>(
      "SELECT state, sum(sats) AS sats FROM coin GROUP BY state ORDER BY state",
    )
  );
  return Object.fromEntries(rows.map(({ state, sats }) => [state, sats]));
}
