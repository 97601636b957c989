/**
 * Who did most work.
 *
 * @module
 */
import type { ListTopMinersResponseJson, TopMinerJson } from "@gopool/proto/api";
import { count, difficulty, double } from "../format.ts";
import { useLoaded } from "../load.ts";
import { Miner, Speed } from "./figures.tsx";
import { Part, Section } from "./layout.tsx";
import { Table } from "./table.tsx";

export function TopMiners() {
  const miners = useLoaded<ListTopMinersResponseJson>("/api/v1/miners?page_size=10", 20_000);
  return (
    <Section id="miners" title="Most work" note="Of the last 24 hours.">
      <Part of={miners}>
        {({ miners = [] }) => (
          <Table<TopMinerJson>
            caption="Miners with most work in the last 24 hours"
            columns={[
              { head: "Miner", cell: ({ address }) => <Miner address={address} /> },
              {
                head: "Hashrate",
                right: true,
                cell: ({ hashrate }) => (
                  <Speed value={hashrate?.hashesPerSecond} error={hashrate?.standardError} />
                ),
              },
              {
                head: "Workers",
                right: true,
                wide: true,
                cell: ({ workers }) => count(workers ?? 0),
              },
              {
                head: "Best share",
                right: true,
                wide: true,
                cell: ({ bestDifficulty }) => difficulty(double(bestDifficulty)),
              },
            ]}
            rows={miners}
            rowKey={({ address }) => address ?? ""}
            empty="Nobody's shares are counted yet, or the pool does not tell who mines here."
          />
        )}
      </Part>
    </Section>
  );
}
