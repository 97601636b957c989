/** That the database's own guards are in place: without them the other checks tell of today only. @module */
import { type Check, check, type Invariant } from "./check.ts";

/** Triggers that keep an invariant, by table. See migrations/. */
const TRIGGERS: readonly (readonly [Invariant, table: string, trigger: string])[] = [
  ["I5", "entry", "entries_balance"],
  ["I5", "entry", "entry_is_final"],
  ["I5", "transfer", "transfer_is_final"],
  ["I5", "adjustment", "adjustment_is_final"],
  ["I5", "audit", "audit_is_final"],
  ["I1", "block_credit", "block_credit_is_final"],
  ["I1", "block_output", "block_output_is_final"],
  ["I1", "block", "block_facts_are_final"],
  ["I7", "block", "block_stays"],
  ["I4", "payout", "payout_steps"],
  ["I4", "payout", "payout_stays"],
  ["I4", "payout_line", "payout_line_is_final"],
  ["I4", "payout_tx", "payout_tx_steps"],
  ["I4", "payout_tx", "payout_tx_stays"],
  ["I4", "payout_input", "payout_inputs_exclude"],
];

/** Unique keys that keep an invariant: table and columns, in the order of the index. */
const KEYS: readonly (readonly [Invariant, table: string, columns: string])[] = [
  ["I3", "transfer", "kind,block_hash,epoch,payout_id,attempt,minute,adjustment_id"],
  ["I3", "entry", "transfer_id,account_id,bucket"],
  ["I5", "balance", "account_id,bucket"],
  ["I3", "block", "hash"],
  ["I3", "block_credit", "block_hash,account_id"],
  ["I3", "share_position", "log,partition"],
  ["I3", "slice_minute", "minute,scheme,account_id,nbits,subsidy"],
  ["I4", "coin", "txid,vout,block_hash"],
  ["I4", "payout_tx", "payout_id,attempt"],
];

export const GUARD_CHECKS: readonly Check[] = [
  ...TRIGGERS.map(([invariant, table, trigger]) =>
    check(
      invariant,
      `The trigger ${trigger} guards ${table}`,
      `SELECT true WHERE NOT EXISTS (SELECT FROM pg_trigger
         WHERE tgrelid = '${table}'::regclass AND tgname = '${trigger}' AND tgenabled IN ('O', 'A'))`,
      () => `the trigger "${trigger}" on ${table} is missing or disabled`,
    )
  ),
  ...KEYS.map(([invariant, table, columns]) =>
    check(
      invariant,
      `${table} is unique by ${columns}`,
      `SELECT true WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = '${table}'::regclass
         AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND '${columns}' = (
           SELECT string_agg(attname, ',' ORDER BY at) FROM unnest(i.indkey) WITH ORDINALITY AS k(number, at)
           JOIN pg_attribute ON attrelid = i.indrelid AND attnum = number))`,
      () => `the unique key of ${table} by ${columns} is missing`,
    )
  ),
];
