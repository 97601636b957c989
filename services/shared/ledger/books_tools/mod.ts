/** What the tools of the books ask the database: checks of the invariants. @module */
import { BLOCK_CHECKS } from "./check_blocks.ts";
import { CHAIN_CHECKS } from "./check_chain.ts";
import { ENTRY_CHECKS } from "./check_entries.ts";
import { GUARD_CHECKS } from "./check_guards.ts";
import { PAYOUT_CHECKS } from "./check_payouts.ts";
import { SHARE_CHECKS } from "./check_shares.ts";
import type { Check } from "./check.ts";

export {
  type Check,
  type Invariant,
  type Problem,
  PROBLEMS_MAX,
  type Subject,
  type Terms,
} from "./check.ts";

export {
  type Checkpoint,
  CHECKPOINTS_KEPT,
  latestCheckpoint,
  latestCheckpoints,
  takeCheckpoint,
} from "./checkpoint.ts";

/** Every check, in the order of the invariants' first subjects: books, blocks, payments, shares, guards. */
export const CHECKS: readonly Check[] = [
  ...ENTRY_CHECKS,
  ...BLOCK_CHECKS,
  ...CHAIN_CHECKS,
  ...PAYOUT_CHECKS,
  ...SHARE_CHECKS,
  ...GUARD_CHECKS,
];
