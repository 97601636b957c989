/**
 * Every metric that the services register, without any of them at work: what a rule may ask for.
 *
 * @module
 */
import { createApiserver } from "@gopool/apiserver";
import { createBlocksubmit } from "@gopool/blocksubmit";
import { openBus } from "@gopool/bus";
import { createJobmanager } from "@gopool/jobmanager";
import type { Ledger } from "@gopool/ledger";
import { openNodesOf } from "@gopool/node";
import { createPayoutd } from "@gopool/payoutd";
import {
  createMetrics,
  createStatusBoard,
  type MetricsRegistry,
  processMetrics,
  seededRandom,
  silent,
  systemClock,
} from "@gopool/runtime";
import { createShareproc } from "@gopool/shareproc";
import type { Series } from "@gopool/series";
import { openState } from "@gopool/state";
import { createStatsd } from "@gopool/statsd";
import { createStratumd } from "@gopool/stratumd";

/** A registry in which all services of a pool have said what they count, as in poold. Read it within `work`. */
export async function withAllMetrics(
  work: (metrics: MetricsRegistry) => Promise<void>,
): Promise<void> {
  const clock = systemClock;
  const metrics = createMetrics();
  const board = createStatusBoard(clock);
  const shared = { clock, random: seededRandom(1), log: silent, board, metrics };
  using _process = processMetrics({
    metrics,
    clock,
    board,
    phase: () => "starting",
    name: "tests",
    version: "0",
  });
  await using bus = await openBus("memory:", { clock, metrics });
  await using state = await openState(new URL("memory:"), { clock });
  // Nobody answers there, and nobody asks.
  await using nodes = openNodesOf({ nodeUrl: [new URL("http://127.0.0.1:9")] }, shared);
  // Registering reads no setting and no row: what stands here is never looked at.
  const unread = {} as never;
  const ledger: Pick<Ledger, "transaction"> = {
    transaction: () => Promise.reject(new Error("There is no ledger in this test")),
  };
  createStratumd({ ...shared, bus, state, config: unread });
  createJobmanager({ ...shared, bus, state, nodes, holder: "tests", settings: unread });
  createShareproc({ ...shared, bus, pool: "tests", logEpoch: undefined });
  createBlocksubmit({ ...shared, bus, nodes });
  const series = {} as Series;
  createStatsd({ ...shared, bus, state, series, pool: "tests", settings: { raw: false } });
  createApiserver({
    ...shared,
    bus,
    state,
    series,
    ledger,
    pool: "tests",
    network: "regtest",
    settings: { apiRate: 10, apiBurst: 20 } as never,
    applyRequest: null,
    page: unread,
  });
  createPayoutd({
    ...shared,
    bus,
    nodes,
    ledger: ledger as Ledger,
    signer: null,
    network: "regtest",
    settings: { reserveFloor: 0n } as never,
  });
  await work(metrics);
}
