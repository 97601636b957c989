/**
 * Checks of the books by the database alone (`deno task ledger verify`): each asks for what breaks an invariant
 * (ledger-arithmetic 5.2), and says it of a transfer, a block, a payout, an account or a minute.
 *
 * @module
 */
import { displayHash, type Hash, type Network } from "@gopool/chain";
import type { Row, Tx } from "../port.ts";

export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8";

/** What a problem is about: whichever is known. */
export interface Subject {
  readonly transfer?: bigint;
  /** As explorers show it. */
  readonly block?: string;
  readonly payout?: bigint;
  /** An address, or the kind of one of the pool's own accounts. */
  readonly account?: string;
  /** Since the Unix epoch. */
  readonly minute?: number;
}

export interface Problem {
  readonly invariant: Invariant;
  readonly subject: Subject;
  /** A sentence without its subject: "its entries add up to 5 sats, not to 0". */
  readonly says: string;
}

/** What checks must be told that does not stand in the database. */
export interface Terms {
  readonly network: Network;
  /** Blocks until a coinbase can be spent. */
  readonly maturity: number;
}

export interface Check {
  readonly invariant: Invariant;
  /** What holds, as a sentence. */
  readonly promise: string;
  /** What breaks it; at most PROBLEMS_MAX. Asks only. */
  find(tx: Tx, terms: Terms): Promise<Problem[]>;
}

/** Problems told of one check: where there are more, the first tell enough. */
export const PROBLEMS_MAX = 100;

/** Columns that name a problem's subject; every row of a check may have them. */
interface SubjectRow extends Row {
  readonly transfer_id?: bigint | null;
  readonly block_hash?: Uint8Array | null;
  readonly payout_id?: bigint | null;
  readonly account?: string | null;
  readonly minute?: number | null;
}

/**
 * A check of one query whose rows are what is wrong. `account` is a name by {@link NAME_OF}.
 *
 * @param sql Without LIMIT.
 */
export function check<R>(
  invariant: Invariant,
  promise: string,
  sql: string,
  says: (row: R & SubjectRow) => string,
  parameters: (terms: Terms) => readonly unknown[] = () => [],
): Check {
  return {
    invariant,
    promise,
    async find(tx, terms) {
      const limited = `${sql}\nLIMIT ${PROBLEMS_MAX}`;
      const rows = await tx.query<R & SubjectRow>(limited, parameters(terms));
      return rows.map((row) => ({ invariant, subject: subjectOf(row), says: says(row) }));
    },
  };
}

export function subjectOf(row: SubjectRow): Subject {
  const { transfer_id: transfer, block_hash: hash, payout_id: payout, account, minute } = row;
  return {
    ...(transfer == null ? {} : { transfer }),
    ...(hash == null ? {} : { block: displayHash(hash as Hash) }),
    ...(payout == null ? {} : { payout }),
    ...(account == null ? {} : { account }),
    ...(minute == null ? {} : { minute }),
  };
}

/** SQL: how an account is called: its address, or the kind of one of the pool's own. */
export const NAME_OF = "CASE WHEN a.kind = 'miner' THEN a.name ELSE a.kind END";

/** SQL: the id of one of the pool's own accounts. */
export function own(kind: string): string {
  return `(SELECT id FROM account WHERE kind = '${kind}')`;
}
