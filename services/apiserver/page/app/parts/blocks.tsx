/**
 * The pool's blocks as a table, and where each stands.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import type { BlockStateJson, BlockSummaryJson } from "@gopool/proto/api";
import { count, double, type JsonDouble, percent } from "../format.ts";
import { Ago, Miner, Sats } from "./figures.tsx";
import { type Column, Table } from "./table.tsx";

const STATES: Record<BlockStateJson, readonly [word: string, kind: string, means: string]> = {
  BLOCK_STATE_UNSPECIFIED: ["unknown", "", "The pool does not say."],
  BLOCK_STATE_FOUND: ["found", "new", "A node took it; the books wait to see it on the chain."],
  BLOCK_STATE_CONFIRMED: ["confirmed", "", "On the best chain, not deep enough to be spent."],
  BLOCK_STATE_MATURE: ["mature", "good", "Deep enough: what it paid can be paid out."],
  BLOCK_STATE_ORPHANED: ["orphaned", "bad", "Another block stands in its place: it pays nothing."],
};

export function BlockState({ state, confirmations, maturity }: {
  state: BlockStateJson | undefined;
  confirmations?: number;
  maturity?: number;
}) {
  const [word, kind, means] = STATES[state ?? "BLOCK_STATE_UNSPECIFIED"];
  const deep = state === "BLOCK_STATE_CONFIRMED" && confirmations !== undefined
    ? maturity ? ` ${count(confirmations)} of ${count(maturity)}` : ` ${count(confirmations)}`
    : "";
  return (
    <span class={`state ${kind}`} title={means}>
      {word}
      <span class="wide">{deep}</span>
    </span>
  );
}

/** How much work a block took against what it needs on average: below 100 % is luck. */
export function Effort({ value }: { value: JsonDouble }) {
  if (value === undefined) {
    return <span class="muted" title="Its work is still being counted">counting</span>;
  }
  const effort = double(value);
  const kind = effort <= 1 ? "good" : effort > 2 ? "bad" : "";
  return <span class={`effort ${kind}`}>{percent(effort)}</span>;
}

export function BlocksTable({ blocks, maturity, more, caption = "Blocks of the pool" }: {
  blocks: readonly BlockSummaryJson[];
  maturity?: number | undefined;
  more?: ComponentChildren;
  caption?: string;
}) {
  const columns: Column<BlockSummaryJson>[] = [
    {
      head: "Height",
      cell: ({ hash, height }) => <a href={`/blocks/${hash}`}>{count(height ?? 0)}</a>,
    },
    { head: "Found", cell: ({ foundAt }) => <Ago at={foundAt} none="–" /> },
    { head: "Effort", right: true, cell: ({ effort }) => <Effort value={effort} /> },
    {
      head: "Reward",
      right: true,
      wide: true,
      cell: ({ rewardSats }) =>
        rewardSats === undefined || rewardSats === "0"
          ? <span class="muted">–</span>
          : <Sats value={rewardSats} />,
    },
    {
      head: "State",
      cell: ({ state, confirmations }) => (
        <BlockState state={state} confirmations={confirmations} maturity={maturity} />
      ),
    },
    { head: "Found by", wide: true, cell: ({ finder }) => <Miner address={finder} /> },
  ];
  return (
    <Table
      caption={caption}
      columns={columns}
      rows={blocks}
      rowKey={({ hash }) => hash ?? ""}
      empty="No block yet. The first one will stand here."
      more={more}
    />
  );
}
