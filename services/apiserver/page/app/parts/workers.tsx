/**
 * A miner's machines.
 *
 * @module
 */
import type { ListWorkersResponseJson, ShareTotalsJson, WorkerJson } from "@gopool/proto/api";
import { difficulty, double, percent, whole } from "../format.ts";
import { usePages } from "../pages_of.ts";
import { Ago, Speed } from "./figures.tsx";
import { Part } from "./layout.tsx";
import { More } from "./more.tsx";
import { Table } from "./table.tsx";

export function Workers({ path }: { path: string }) {
  const pages = usePages<ListWorkersResponseJson, WorkerJson>(
    `${path}/workers?page_size=50`,
    20_000,
    ({ workers }) => workers,
    ({ name }) => name ?? "",
  );
  return (
    <Part of={pages.first}>
      {() => (
        <Table<WorkerJson>
          caption="Workers"
          columns={[
            {
              head: "Name",
              cell: ({ name, online }) => (
                <span class="worker">
                  <i class={online ? "dot on" : "dot"} aria-hidden="true" />
                  {name || <span class="muted">without a name</span>}
                  <span class="unseen">{online ? ", online" : ", offline"}</span>
                </span>
              ),
            },
            ...(["WINDOW_5M", "WINDOW_1H", "WINDOW_24H"] as const).map((window, at) => ({
              head: ["5 minutes", "1 hour", "24 hours"][at]!,
              right: true,
              wide: at !== 1,
              cell: ({ hashrates = [] }: WorkerJson) => {
                const one = hashrates.find((hashrate) => hashrate.window === window);
                return <Speed value={one?.hashesPerSecond} error={one?.standardError} />;
              },
            })),
            { head: "Refused", right: true, cell: ({ shares }) => refused(shares) },
            {
              head: "Best share",
              right: true,
              wide: true,
              cell: ({ bestDifficulty }) => difficulty(double(bestDifficulty)),
            },
            {
              head: "Last share",
              cell: ({ lastShareAt }) => <Ago at={lastShareAt} none="long ago" />,
            },
          ]}
          rows={pages.rows}
          rowKey={({ name }) => name ?? ""}
          empty="No machine sent a share in the last 7 days."
          more={<More pages={pages} what="workers" />}
        />
      )}
    </Part>
  );
}

function refused({ valid, rejected, stale }: ShareTotalsJson = {}): string {
  const bad = whole(rejected) + whole(stale);
  const all = whole(valid) + bad;
  return all === 0n ? "–" : percent(Number(bad) / Number(all));
}
