/**
 * Where a payout stands, and a miner's payouts.
 *
 * @module
 */
import type { MinerPayoutJson, PayoutStateJson } from "@gopool/proto/api";
import { count, whole } from "../format.ts";
import type { Column } from "./table.tsx";
import { Ago, Hash, Sats } from "./figures.tsx";

const STATES: Record<PayoutStateJson, readonly [word: string, kind: string, means: string]> = {
  PAYOUT_STATE_UNSPECIFIED: ["unknown", "", "The pool does not say."],
  PAYOUT_STATE_PLANNED: ["planned", "new", "Decided; waits for a signature or the operator's yes."],
  PAYOUT_STATE_SIGNED: ["signed", "new", "Signed; not given to the network yet."],
  PAYOUT_STATE_BROADCAST: ["sent", "", "Given to the network; waits for a block."],
  PAYOUT_STATE_CONFIRMED: ["paid", "good", "In a block."],
  PAYOUT_STATE_CANCELLED: [
    "cancelled",
    "bad",
    "Taken back before it was paid: balances have it again.",
  ],
};

export function PayoutState({ state }: { state: PayoutStateJson | undefined }) {
  const [word, kind, means] = STATES[state ?? "PAYOUT_STATE_UNSPECIFIED"];
  return <span class={`state ${kind}`} title={means}>{word}</span>;
}

export const MINER_PAYOUTS: readonly Column<MinerPayoutJson>[] = [
  { head: "When", cell: ({ at }) => <Ago at={at} none="–" /> },
  { head: "Paid", right: true, cell: ({ sats }) => <Sats value={sats} /> },
  {
    head: "Of it network fee",
    right: true,
    wide: true,
    cell: ({ feeSats }) => <span class="muted">{count(whole(feeSats))} sats</span>,
  },
  { head: "State", cell: ({ state }) => <PayoutState state={state} /> },
  { head: "Transaction", cell: ({ txid }) => <Hash value={txid} front={6} back={6} /> },
];
