/**
 * One block, and who got what of it: enough to check it.
 *
 * @module
 */
import type {
  GetBlockResponseJson,
  GetBlockSplitResponseJson,
  GetPoolResponseJson,
  SplitCreditJson,
} from "@gopool/proto/api";
import { basisPoints, count, difficulty, double, percent, whole } from "../format.ts";
import { useLoaded } from "../load.ts";
import { usePages } from "../pages_of.ts";
import { BlockState, Effort } from "../parts/blocks.tsx";
import { Ago, Copy, Miner, Sats } from "../parts/figures.tsx";
import { type FactRow, Facts, Notice, Part, Section } from "../parts/layout.tsx";
import { More } from "../parts/more.tsx";
import { Table } from "../parts/table.tsx";
import { Values } from "../parts/values.tsx";
import { exact, moment } from "../times.ts";

export function Block({ hash, pool }: { hash: string; pool: GetPoolResponseJson | null }) {
  const path = `/api/v1/blocks/${encodeURIComponent(hash)}`;
  const block = useLoaded<GetBlockResponseJson>(path, 20_000);
  const height = block.data?.block?.height;
  return (
    <>
      <div class="title">
        <h1>{height === undefined ? "Block" : `Block ${count(height)}`}</h1>
        <p class="whose">
          <span class="code breaks">{block.data?.block?.hash ?? hash}</span>
          <Copy text={block.data?.block?.hash ?? hash} what="hash" />
        </p>
      </div>
      <Part of={block}>
        {(known) => (
          <>
            <div class="summary">
              <Facts rows={factsOf(known, pool?.maturity)} />
            </div>
            {!isSplit(known) && (
              <Notice>
                <p>It is not split yet{known.waitsFor ? `: ${known.waitsFor}` : "."}</p>
              </Notice>
            )}
            <Split path={path} block={known} />
          </>
        )}
      </Part>
    </>
  );
}

function isSplit({ block, settledAt }: GetBlockResponseJson): boolean {
  return Boolean(block?.scheme) || Boolean(settledAt);
}

function factsOf(known: GetBlockResponseJson, maturity: number | undefined): FactRow[] {
  const { block = {}, feeSats, donationSats, accounts } = known;
  const whenSplit = (rows: FactRow[]) => isSplit(known) ? rows : [];
  return [
    { name: "Found", value: <Ago at={block.foundAt} none="–" /> },
    {
      name: "State",
      value: (
        <BlockState state={block.state} confirmations={block.confirmations} maturity={maturity} />
      ),
    },
    { name: "Effort", value: <Effort value={block.effort} /> },
    {
      name: "Reward",
      value: whole(block.rewardSats) > 0n ? <Sats value={block.rewardSats} /> : "–",
      note: "subsidy and fees",
    },
    ...whenSplit([{
      name: "Kept by the pool",
      value: <Sats value={feeSats} />,
      note: whole(donationSats) > 0n && (
        <>
          and <Sats value={donationSats} /> donated
        </>
      ),
    }, { name: "Accounts paid", value: count(accounts ?? 0), note: block.scheme }]),
    { name: "Found by", value: <Miner address={block.finder} />, note: block.worker },
    { name: "Network difficulty", value: difficulty(double(block.networkDifficulty)) },
  ];
}

function Split({ path, block }: { path: string; block: GetBlockResponseJson }) {
  const pages = usePages<GetBlockSplitResponseJson, SplitCreditJson>(
    `${path}/split?page_size=100`,
    60_000,
    ({ credits }) => credits,
    ({ address }) => address ?? "",
    block.settledAt,
  );
  return (
    <Part of={pages.first}>
      {(split) => {
        if (!split.scheme) return null;
        const reward = whole(split.rewardSats);
        return (
          <>
            <Section id="rule" title="How it was split" note={split.scheme}>
              <p class="prose">{split.rule}</p>
              <Sum split={split} />
            </Section>
            <Section
              id="credits"
              title="Who got what"
              note="Work is in a unit of this block's own: only its proportions count."
            >
              <Table<SplitCreditJson>
                caption="Credits of the block, the largest first"
                columns={[
                  { head: "Miner", cell: ({ address }) => <Miner address={address} /> },
                  { head: "Got", right: true, cell: ({ sats }) => <Sats value={sats} /> },
                  {
                    head: "Of the block",
                    right: true,
                    cell: ({ sats }) =>
                      reward > 0n ? percent(Number(whole(sats)) / Number(reward)) : "–",
                  },
                  {
                    head: "Work",
                    right: true,
                    wide: true,
                    cell: ({ weight }) => (
                      <span title={weight}>{difficulty(Number(weight ?? 0))}</span>
                    ),
                  },
                  {
                    head: "Fee",
                    right: true,
                    wide: true,
                    cell: ({ feeBasisPoints, donationBasisPoints }) => (
                      <>
                        {basisPoints(feeBasisPoints ?? 0)}
                        {(donationBasisPoints ?? 0) > 0 && (
                          <span class="muted">
                            {` + ${basisPoints(donationBasisPoints!)} given`}
                          </span>
                        )}
                      </>
                    ),
                  },
                  {
                    head: "In the coinbase",
                    right: true,
                    wide: true,
                    cell: ({ paidInCoinbaseSats }) =>
                      whole(paidInCoinbaseSats) > 0n
                        ? <Sats value={paidInCoinbaseSats} />
                        : <span class="muted">–</span>,
                  },
                ]}
                rows={pages.rows}
                rowKey={({ address }) => address ?? ""}
                empty="Nobody was credited."
                more={<More pages={pages} what="accounts" />}
              />
            </Section>
            <Basis split={split} />
          </>
        );
      }}
    </Part>
  );
}

/** Reward = credits + fee + donation: what the reader can add up. */
function Sum({ split }: { split: GetBlockSplitResponseJson }) {
  const reward = whole(split.rewardSats);
  const fee = whole(split.feeSats);
  const donation = whole(split.donationSats);
  return (
    <dl class="lines narrow sum">
      <div>
        <dt>Credited to miners</dt>
        <dd>{count(reward - fee - donation)} sats</dd>
      </div>
      <div>
        <dt>Kept as the fee</dt>
        <dd>{count(fee)} sats</dd>
      </div>
      {donation > 0n && (
        <div>
          <dt>Donated</dt>
          <dd>{count(donation)} sats</dd>
        </div>
      )}
      <div>
        <dt>Reward of the block</dt>
        <dd>{count(reward)} sats</dd>
      </div>
    </dl>
  );
}

function Basis({ split }: { split: GetBlockSplitResponseJson }) {
  const from = moment(split.windowFrom);
  const until = moment(split.windowUntil);
  return (
    <Section
      id="basis"
      title="What it rests on"
      note="As the books keep it: with the log's records of these offsets anybody can compute the split again."
    >
      {from !== null && until !== null && (
        <p>
          Shares from <time dateTime={split.windowFrom}>{exact(from)}</time> until{" "}
          <time dateTime={split.windowUntil}>{exact(until)}</time>.
        </p>
      )}
      {split.basis !== undefined && <Values of={split.basis} />}
    </Section>
  );
}
