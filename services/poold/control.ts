/**
 * What the pool answers to operators at its one control address, and whose lags it tells.
 *
 * @module
 */
import type { Blocksubmit } from "@gopool/blocksubmit";
import { createBlockRpc } from "@gopool/blocksubmit/rpc";
import { blockFound, type Bus, shareSubmissions, shareValid, type Topic } from "@gopool/bus";
import type { Apiserver } from "@gopool/apiserver";
import { createPublicApiRpc, SERVES as APISERVER_SERVES } from "@gopool/apiserver/rpc";
import type { Daemon } from "@gopool/control";
import type { Jobmanager } from "@gopool/jobmanager";
import { createJobRpc } from "@gopool/jobmanager/rpc";
import type { Nodes } from "@gopool/node";
import { GROUP as BLOCK_GROUP } from "@gopool/payoutd/blocks";
import { type createPayoutdRpc, SERVES as PAYOUTD_SERVES } from "@gopool/payoutd/rpc";
import { SHARE_GROUP } from "@gopool/payoutd/shares";
import {
  BlockService,
  ClientService,
  type DescService,
  JobService,
  LedgerService,
  PayoutService,
  PublicApiService,
  SeriesService,
  SessionService,
  ShareService,
} from "@gopool/proto/control";
import { GROUP as JUDGE_GROUP, type Shareproc } from "@gopool/shareproc";
import { createShareRpc } from "@gopool/shareproc/rpc";
import type { Series } from "@gopool/series";
import type { Statsd } from "@gopool/statsd";
import { createSeriesRpc, SERVES as STATSD_SERVES } from "@gopool/statsd/rpc";
import type { Stratumd } from "@gopool/stratumd";
import type { Clock, StatusBoard } from "@gopool/runtime";
import { createSessionRpc } from "@gopool/stratumd/rpc";
import type { PooldConfig } from "./config.ts";

/**
 * The services' own, beside ControlService; openPool provides each. The second road is none of them: within one
 * process it is a call.
 */
export const SERVES: readonly DescService[] = [
  SessionService,
  ShareService,
  JobService,
  BlockService,
  ...PAYOUTD_SERVES,
  ...STATSD_SERVES,
  ...APISERVER_SERVES,
];

/** The groups that read in this process. */
export const GROUPS: readonly (readonly [topic: Topic, group: string])[] = [
  [shareSubmissions, JUDGE_GROUP],
  [shareValid, SHARE_GROUP],
  [blockFound, BLOCK_GROUP],
];

/** What the pool needs of the process that serves its control address. */
export type PoolControl = Pick<Daemon<unknown>, "provide" | "drainable">;

/** What is asked. */
export interface Provided {
  readonly bus: Bus;
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly board: StatusBoard;
  readonly config: PooldConfig;
  readonly stratumd: Stratumd;
  readonly shareproc: Shareproc;
  readonly jobmanager: Jobmanager;
  readonly blocksubmit: Blocksubmit;
  readonly payoutd: ReturnType<typeof createPayoutdRpc>;
  readonly series: Series;
  readonly statsd: Statsd;
  readonly apiserver: Apiserver;
}

/** From now on the control address answers for all of them. */
export function provideTo({ provide }: PoolControl, pool: Provided): void {
  const { bus, nodes, clock, board, config } = pool;
  const { stratumd, shareproc, jobmanager, blocksubmit, payoutd, series, statsd, apiserver } = pool;
  provide(SessionService, createSessionRpc({ stratumd, gateway: config.gateway, clock }));
  provide(ShareService, createShareRpc({ shareproc, bus, board, clock }));
  provide(JobService, createJobRpc({ desk: jobmanager.desk, nodes }));
  provide(BlockService, createBlockRpc({ blocksubmit }));
  const { ledger, payouts, clients } = payoutd;
  provide(LedgerService, ledger);
  provide(PayoutService, payouts);
  provide(ClientService, clients);
  provide(SeriesService, createSeriesRpc({ statsd, series, clock }));
  provide(PublicApiService, createPublicApiRpc({ apiserver, settings: config }));
}
