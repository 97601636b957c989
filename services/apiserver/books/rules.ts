/** How blocks are split, in words for the people who are paid. @module */

/** Names of what split a block, as they are shown. */
const NAMES: Readonly<Record<string, string>> = {
  pplns: "PPLNS",
  solo: "SOLO",
  pps: "PPS",
  fpps: "FPPS",
  prop: "PROP",
  "solo-coinbase": "SOLO-COINBASE",
  opening: "OPENING",
  operator: "OPERATOR",
};

/** As people read it; a name that is new is shown in capitals. */
export function schemeName(scheme: string | null): string {
  return scheme === null ? "" : NAMES[scheme] ?? scheme.toUpperCase();
}

const SHARES_OUT =
  "The fee is kept first, then donations, each rounded down once over all accounts; the rest goes to the accounts " +
  "by weight (less their own fee and donation rates), each part rounded down, and the satoshis then left go one " +
  "each to the largest remainders: of equal ones to the greater weight, then to the address that sorts first.";

const RESERVE =
  "Work was paid already, minute by minute, from the reserve: the block goes whole to the reserve.";

const RULES: Readonly<Record<string, string>> = {
  pplns:
    "The block is split over the last X blocks' worth of work before the minute in which it was found. A share is " +
    "worth the work of its own target, and a block's worth of work is what the share's own job needed. Minutes are " +
    "counted back until X is reached; the oldest minute (an hour, where it is more than 7 days back) counts in " +
    `part, the same part for all. ${SHARES_OUT}`,
  prop: "The block is split over the work since the minute of the pool's block before it. " +
    `${SHARES_OUT}`,
  solo: "Whoever found the block takes it, less the fee.",
  "solo-coinbase": "The block's own coinbase paid its finder; what it left the pool is the fee.",
  pps: RESERVE,
  fpps: RESERVE,
  opening:
    "The block was found before these books were begun: it stands whole on an account of its own.",
  operator: "The operator booked the block by hand, with a reason that is kept.",
};

const NO_WINDOW =
  "Nobody had worked in the window, so whoever found the block takes it, less the fee.";
const NOBODY = "Nobody had worked in the window and nobody was authorised: nobody was credited.";

/**
 * The rule by which a block was split, as it worked out for this one; empty before the split.
 *
 * @param basis As the ledger stored it.
 */
export function ruleOf(scheme: string | null, basis: Readonly<Record<string, unknown>> | null) {
  if (scheme === null) return "";
  const rule = RULES[scheme] ?? "";
  if (scheme !== "pplns" && scheme !== "prop") return rule;
  const by = basis?.by;
  return by === "finder" ? `${rule} ${NO_WINDOW}` : by === null ? `${rule} ${NOBODY}` : rule;
}
