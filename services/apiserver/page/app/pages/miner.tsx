/**
 * One miner, by its address.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type {
  GetMinerChartResponseJson,
  GetMinerResponseJson,
  ListEarningsResponseJson,
  ListMinerPayoutsResponseJson,
  MinerPayoutJson,
  WatchMinerResponseJson,
} from "@gopool/proto/api";
import { query } from "../api.ts";
import { now } from "../clock.ts";
import { amount, amountTick, difficulty, double } from "../format.ts";
import { useLive } from "../live.ts";
import { useLoaded } from "../load.ts";
import { misses } from "../missing.ts";
import { usePages } from "../pages_of.ts";
import { Balance } from "../parts/balance.tsx";
import { Chart } from "../parts/chart.tsx";
import { Ago, Copy } from "../parts/figures.tsx";
import { Choice, Facts, Notice, Part, Section } from "../parts/layout.tsx";
import { More } from "../parts/more.tsx";
import { MINER_PAYOUTS } from "../parts/payouts.tsx";
import { MinerSettings } from "../parts/settings.tsx";
import { Shares } from "../parts/shares.tsx";
import { RefusedChart, SpeedChart } from "../parts/speed_chart.tsx";
import { Hero, Windows, WindowsNote } from "../parts/speeds.tsx";
import { Table } from "../parts/table.tsx";
import { Workers } from "../parts/workers.tsx";
import { rememberMiner } from "../stored.ts";
import { lastDays, span } from "../times.ts";
import { fittingRange, knownSeconds, nameOf, type Range, RANGES } from "../windows.ts";

export function Miner({ address }: { address: string }) {
  const path = `/api/v1/miners/${encodeURIComponent(address)}`;
  const miner = useLoaded<GetMinerResponseJson>(path, 10_000);
  const known = miner.data !== null;
  const live = useLive<WatchMinerResponseJson>(known ? `${path}/live` : null, { quiet: true });
  useEffect(() => {
    if (known) rememberMiner(miner.data!.address ?? address);
  }, [known, address]);

  if (miner.data === null && miner.error !== null) {
    return <Unknown address={address} status={miner.error.status} why={miner.error.message} />;
  }
  const { data } = miner;
  const { told } = live;
  const counted = !misses(data?.freshness, "statistics");
  const fallback = data?.hashrates?.find(({ window }) => window === "WINDOW_15M");
  return (
    <>
      <p class="whose">
        <span class="muted">Miner</span>
        <span class="code breaks">{data?.address ?? address}</span>
        <Copy text={data?.address ?? address} what="address" />
      </p>
      <div class="opening">
        <Hero
          label="Hashrate"
          value={told?.hashesPerSecond ?? fallback?.hashesPerSecond ?? (data ? 0 : null)}
          error={told === null ? fallback?.standardError : told.standardError}
          toldAtMs={live.toldAtMs}
          open={live.open}
          quiet
        />
        <div>
          <Part of={miner} lines={5}>{(found) => <Balance miner={found} />}</Part>
        </div>
      </div>
      {data !== null && (
        <>
          <Charts path={path} begin={fittingRange(knownSeconds(data.hashrates))} />
          <Section
            id="speeds"
            title="Speeds"
            note={<WindowsNote freshness={data.freshness} />}
          >
            <Windows hashrates={data.hashrates} known={counted} />
            <Facts rows={bestRows(data)} />
          </Section>
          <Section
            id="workers"
            title="Workers"
            note="A dot means: a share in the last ten minutes."
          >
            <Workers path={path} />
          </Section>
          <Section
            id="shares"
            title="Shares"
            note="Of the last 24 hours: what counted, and why the rest did not."
          >
            {counted ? <Shares totals={data.shares} /> : <p class="empty">Not known now.</p>}
          </Section>
          <Earnings path={path} />
          <Payouts path={path} />
          <Section id="settings" title="Settings">
            <MinerSettings path={path} />
          </Section>
        </>
      )}
    </>
  );
}

function bestRows(
  { bestShare, bestShareEver, lastShareAt, expectedSecondsToBlock }: GetMinerResponseJson,
) {
  const alone = double(expectedSecondsToBlock);
  return [
    { name: "Last share", value: <Ago at={lastShareAt} /> },
    {
      name: "Best share, 24 hours",
      value: bestShare ? difficulty(double(bestShare.difficulty)) : "–",
      note: bestShareEver && `ever: ${difficulty(double(bestShareEver.difficulty))}`,
    },
    {
      name: "A block, mining alone",
      value: alone > 0 ? span(alone) : "–",
      note: "on average, at the speed of 24 hours",
    },
  ];
}

/** @param begin The range until the visitor chooses one. */
function Charts({ path, begin }: { path: string; begin: Range }) {
  const chosen = useSignal<Range | null>(null);
  const range = chosen.value ?? begin;
  const chart = useLoaded<GetMinerChartResponseJson>(
    `${path}/chart${query({ range })}`,
    30_000,
  );
  const name = nameOf(range);
  const drawn = useMemo(() => (
    <Part of={chart} lines={8}>
      {({ points = [], stepSeconds = 0, shares }) => (
        <>
          <SpeedChart label={`Hashrate, ${name}`} points={points} stepSeconds={stepSeconds} />
          <h3>Shares that did not count</h3>
          <RefusedChart
            label={`Shares that did not count, ${name}`}
            points={points}
            stepSeconds={stepSeconds}
            titles={new Map(
              shares?.reasons?.map(({ reason, title }) => [reason ?? "", title ?? ""]),
            )}
          />
        </>
      )}
    </Part>
  ), [chart, name]);
  return (
    <Section
      id="chart"
      title="Over time"
      note="The band is one standard error."
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

const DAYS_SHOWN = 30;

function Earnings({ path }: { path: string }) {
  const earnings = useLoaded<ListEarningsResponseJson>(
    `${path}/earnings?days=${DAYS_SHOWN}`,
    60_000,
  );
  const drawn = useMemo(() => (
    <Part of={earnings}>
      {({ days = [] }) => {
        if (days.every(({ sats }) => sats === undefined || sats === "0")) {
          return <p class="empty">Nothing was earned in the last {DAYS_SHOWN} days.</p>;
        }
        const by = new Map(days.map(({ day, sats }) => [day, sats]));
        const ascending = lastDays(DAYS_SHOWN, now());
        return (
          <Chart
            label={`Earnings by day, ${DAYS_SHOWN} days`}
            at={ascending.map((day) => `${day}T00:00:00Z`)}
            stepSeconds={86_400}
            lines={[{
              name: "Earned",
              colour: "--series-4",
              // Drawn as numbers: a day's satoshis are far below 2^53.
              values: ascending.map((day) => Number(by.get(day) ?? 0)),
            }]}
            stacked
            format={(sats) => {
              const { figure, unit } = amount(BigInt(Math.round(sats)));
              return `${figure} ${unit}`;
            }}
            axis={amountTick}
            height={180}
          />
        );
      }}
    </Part>
  ), [earnings]);
  return (
    <Section
      id="earnings"
      title="Earnings"
      note="By day of UTC: what was credited, less what reorganisations took back."
    >
      {drawn}
    </Section>
  );
}

function Payouts({ path }: { path: string }) {
  const pages = usePages<ListMinerPayoutsResponseJson, MinerPayoutJson>(
    `${path}/payouts?page_size=10`,
    30_000,
    ({ payouts }) => payouts,
    ({ id }) => id ?? "",
  );
  return (
    <Section id="payouts" title="Payouts">
      <Part of={pages.first}>
        {() => (
          <Table<MinerPayoutJson>
            caption="Payouts to this miner"
            columns={MINER_PAYOUTS}
            rows={pages.rows}
            rowKey={({ id }) => id ?? ""}
            empty="Nothing was paid out yet."
            more={<More pages={pages} what="payouts" />}
          />
        )}
      </Part>
    </Section>
  );
}

/** Not an address, never mined here, or not to be had now. */
function Unknown({ address, status, why }: { address: string; status: number; why: string }) {
  const isNobody = status === 404;
  return (
    <div class="title">
      <h1>Miner</h1>
      <p class="code breaks">{address}</p>
      <Notice kind={isNobody ? "plain" : "bad"}>
        <p>{why}</p>
      </Notice>
      {isNobody && (
        <p>
          Its page begins with its first share. <a href="/connect">How to connect a miner</a>
        </p>
      )}
      {!isNobody && status !== 400 && <p>The page tries again by itself.</p>}
    </div>
  );
}
