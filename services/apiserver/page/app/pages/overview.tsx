/**
 * The pool as a whole.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type {
  GetPoolChartResponseJson,
  GetPoolResponseJson,
  ListBlocksResponseJson,
  LuckJson,
  WatchPoolResponseJson,
} from "@gopool/proto/api";
import {
  basisPoints,
  count,
  counted,
  difficulty,
  double,
  percent,
  plain,
  whole,
} from "../format.ts";
import type { Live } from "../live.ts";
import { type Loaded, useLoaded } from "../load.ts";
import { misses, NOT_KNOWN } from "../missing.ts";
import { BlocksTable } from "../parts/blocks.tsx";
import { EffortMeter } from "../parts/effort.tsx";
import { Ago, Sats } from "../parts/figures.tsx";
import { Choice, type FactRow, Facts, Part, Section } from "../parts/layout.tsx";
import { SpeedChart } from "../parts/speed_chart.tsx";
import { Hero, Windows, WindowsNote } from "../parts/speeds.tsx";
import { TopMiners } from "../parts/top_miners.tsx";
import { span } from "../times.ts";
import { fittingRange, knownSeconds, nameOf, type Range, RANGES } from "../windows.ts";

export function Overview({ pool, live }: {
  pool: Loaded<GetPoolResponseJson>;
  live: Live<WatchPoolResponseJson>;
}) {
  const { data } = pool;
  const { told } = live;
  const fallback = data?.hashrates?.find(({ window }) => window === "WINDOW_15M");
  return (
    <>
      <div class="opening">
        <Hero
          label="Pool hashrate"
          value={told?.hashesPerSecond ?? fallback?.hashesPerSecond ?? (data || told ? 0 : null)}
          error={told === null ? fallback?.standardError : told.standardError}
          toldAtMs={live.toldAtMs}
          open={live.open}
        />
        <div>
          <Part of={pool} lines={5}>
            {(known) => <NextBlock pool={known} live={told} />}
          </Part>
        </div>
      </div>
      <PoolChart begin={data === null ? null : fittingRange(knownSeconds(data.hashrates))} />
      {data !== null && (
        <>
          <Section
            id="speeds"
            title="Hashrate"
            note={<WindowsNote freshness={data.freshness} />}
          >
            <Windows hashrates={data.hashrates} known={!misses(data.freshness, "statistics")} />
          </Section>
          <Section id="now" title="The pool">
            <Facts rows={factsOf(data, told)} />
          </Section>
        </>
      )}
      <LastBlocks newest={told?.lastBlockHash} maturity={data?.maturity} />
      <TopMiners />
    </>
  );
}

/** How near a block is. */
function NextBlock({ pool, live }: {
  pool: GetPoolResponseJson;
  live: WatchPoolResponseJson | null;
}) {
  const expected = double(pool.expectedSecondsToBlock);
  const counted = !misses(pool.freshness, "statistics");
  const height = live?.height ?? pool.height ?? 0;
  const hardness = double(live?.networkDifficulty ?? pool.networkDifficulty);
  return (
    <div class="next">
      {counted && <EffortMeter value={double(pool.currentEffort)} />}
      <dl class="lines">
        <div>
          <dt>A block is expected every</dt>
          <dd>{expected > 0 ? span(expected) : "–"}</dd>
        </div>
        <div>
          <dt>Last block</dt>
          <dd>
            {pool.lastBlock
              ? (
                <>
                  <a href={`/blocks/${pool.lastBlock.hash}`}>{count(pool.lastBlock.height ?? 0)}</a>
                  {", "}
                  <Ago at={pool.lastBlock.foundAt} />
                </>
              )
              : misses(pool.freshness, "ledger")
              ? NOT_KNOWN
              : "none yet"}
          </dd>
        </div>
        <div>
          <dt>Working on block</dt>
          <dd>{height === 0 ? NOT_KNOWN : count(height)}</dd>
        </div>
        <div>
          <dt>Network difficulty</dt>
          <dd>{hardness === 0 ? NOT_KNOWN : difficulty(hardness)}</dd>
        </div>
      </dl>
    </div>
  );
}

/** @param begin The range until the visitor chooses one; null: not known yet. */
function PoolChart({ begin }: { begin: Range | null }) {
  const chosen = useSignal<Range | null>(null);
  const range = chosen.value ?? begin;
  const chart = useLoaded<GetPoolChartResponseJson>(
    range === null ? null : `/api/v1/pool/chart?range=${range}`,
    30_000,
  );
  const label = `Hashrate of the pool, ${nameOf(range)}`;
  // The same answer must not be a new chart each second.
  const drawn = useMemo(() => (
    <Part of={chart} lines={8}>
      {({ points = [], stepSeconds = 0, blocks = [] }) => (
        <SpeedChart label={label} points={points} stepSeconds={stepSeconds} blocks={blocks} />
      )}
    </Part>
  ), [chart, label]);
  return (
    <Section
      id="chart"
      title="Over time"
      note={
        <>
          The band is one standard error. A <i class="diamond" aria-hidden="true">◆</i> is a block.
        </>
      }
      tools={
        <Choice<Range>
          label="Time shown"
          options={RANGES}
          value={range}
          onChoose={(one) => chosen.value = one}
        />
      }
    >
      {drawn}
    </Section>
  );
}

function factsOf(pool: GetPoolResponseJson, live: WatchPoolResponseJson | null): FactRow[] {
  const { valid, rejected, stale } = pool.shares ?? {};
  const refused = whole(rejected) + whole(stale);
  const all = whole(valid) + refused;
  const best = pool.bestShare;
  const ever = pool.bestShareEver;
  const isCounted = !misses(pool.freshness, "statistics");
  const isLive = live !== null || !misses(pool.freshness, "live");
  return [
    {
      name: "Miners",
      value: isLive ? count(live?.miners ?? pool.miners ?? 0) : NOT_KNOWN,
      note: isLive && counted(live?.workers ?? pool.workers ?? 0, "worker"),
    },
    {
      name: "Shares a second",
      value: isLive ? plain(double(live?.sharesPerSecond ?? pool.sharesPerSecond)) : NOT_KNOWN,
      note: isCounted && `${count(all)} in 24 hours`,
    },
    {
      name: "Refused, 24 hours",
      value: all === 0n ? NOT_KNOWN : percent(Number(refused) / Number(all)),
      note: isCounted && `${counted(refused, "share")}, late ones included`,
    },
    ...(pool.luck ?? []).map(luckFact),
    {
      name: "Best share, 24 hours",
      value: best ? difficulty(double(best.difficulty)) : "–",
      note: ever && `ever: ${difficulty(double(ever.difficulty))}`,
    },
    {
      name: "Paid by",
      value: pool.scheme || "–",
      note: `fee ${basisPoints(pool.feeBasisPoints ?? 0)}`,
    },
    {
      name: "Paid out from",
      value: <Sats value={pool.payoutThresholdSats} />,
      note: pool.maturity ? `spendable ${count(pool.maturity)} blocks after` : undefined,
    },
  ];
}

const PERIODS: Readonly<Record<string, string>> = {
  "24h": "24 hours",
  "7d": "7 days",
  "all": "all",
};

function luckFact({ period = "", blocks = 0, expectedBlocks, luck }: LuckJson): FactRow {
  const expected = double(expectedBlocks);
  return {
    name: `Luck, ${PERIODS[period] ?? period}`,
    value: expected > 0 ? percent(double(luck)) : "–",
    note: `${count(blocks)} found, ${plain(expected)} expected`,
  };
}

/** So many stand on the overview. */
const BLOCKS_SHOWN = 6;

function LastBlocks({ newest, maturity }: {
  newest: string | undefined;
  maturity: number | undefined;
}) {
  const blocks = useLoaded<ListBlocksResponseJson>(
    `/api/v1/blocks?page_size=${BLOCKS_SHOWN}`,
    10_000,
    newest,
  );
  return (
    <Section
      id="blocks"
      title="Last blocks"
      note="Effort is the work it took against what a block needs on average."
    >
      <Part of={blocks}>
        {({ blocks = [] }) => (
          <BlocksTable
            blocks={blocks}
            maturity={maturity}
            caption="Last blocks of the pool"
            more={
              <p class="onward">
                <a href="/blocks">All blocks</a>
              </p>
            }
          />
        )}
      </Part>
    </Section>
  );
}
