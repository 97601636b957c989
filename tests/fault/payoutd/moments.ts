/**
 * Where payoutd may die: moments named by what it has just done, or is about to do.
 *
 * @module
 */

/**
 * In a transaction, once a statement of that name has run in it: right after the statement, when all is asked and
 * nothing committed, while the commit is under way, and when it is done. Beside the ledger: around the signer, and when
 * a node has been given a transaction.
 */
export type Moment =
  | {
    readonly statement: string;
    readonly when: "after it" | "before the commit" | "during the commit" | "after the commit";
  }
  | { readonly outside: "before signing" | "after signing" | "after sending" };

export const MOMENTS = {
  "the position moved, the shares not yet summed": {
    statement: "share_position_move",
    when: "after it",
  },
  "a batch of shares while it is committed": { statement: "slices_add", when: "during the commit" },
  "a batch of shares committed, the bus not told": {
    statement: "slices_add",
    when: "after the commit",
  },
  "a minute half closed": { statement: "slice_totals_make", when: "after it" },
  "a block taken, the bus not told": { statement: "block_take", when: "after the commit" },
  "a block on the chain, its coinbase half written": {
    statement: "block_coinbase",
    when: "after it",
  },
  "a split stored, nothing credited": { statement: "block_settle", when: "after it" },
  "a block settled, before the commit": { statement: "block_settle", when: "before the commit" },
  "a block settled, its maturity ahead": { statement: "block_settle", when: "after the commit" },
  "a block mature, its coins not": { statement: "block_mature", when: "after it" },
  "a block's money taken back, before the commit": {
    statement: "block_reversed",
    when: "before the commit",
  },
  "a block orphaned": { statement: "block_orphan", when: "after the commit" },
  "a payout half planned": { statement: "payout_lines_make", when: "after it" },
  "a payout planned": { statement: "payout_make", when: "after the commit" },
  "a payout shown to the signer": { outside: "before signing" },
  "a payout signed, not stored": { outside: "after signing" },
  "a payout stored, not sent": { statement: "payout_signed", when: "after the commit" },
  "a payout sent, not noted": { outside: "after sending" },
  "a block with a payout, half read": { statement: "payout_in_block", when: "after it" },
  "a payout while its confirmation is committed": {
    statement: "payout_confirmed",
    when: "during the commit",
  },
  "a payout that a reorganisation removed, half noted": {
    statement: "payout_unconfirmed",
    when: "after it",
  },
} as const satisfies Record<string, Moment>;

export type MomentName = keyof typeof MOMENTS;
