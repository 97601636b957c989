/**
 * stratumd: the Stratum gateway. Jobs come down from `mining.jobs` to miners; their shares go up to
 * `share.submissions`, and candidates for blocks to `block.candidates`.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { BlockCandidate } from "@gopool/proto";
import {
  aborted,
  type Clock,
  FatalError,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  type Road,
  runTogether,
  type Service,
  type StatusBoard,
} from "@gopool/runtime";
import { JOB_MAX_LIFE_MS, ShareChecker } from "@gopool/shares";
import { Extranonces, Sessions, SharedLevels, type State } from "@gopool/state";
import type { BanIndex } from "./ban_index.ts";
import { Bans } from "./bans.ts";
import { Candidates } from "./candidates.ts";
import type { StratumdConfig } from "./config.ts";
import { GatewayControl } from "./control.ts";
import { Door } from "./door.ts";
import { Feeds } from "./feeds.ts";
import { Gateway } from "./gateway.ts";
import { statusOf, type StratumdStatus } from "./gateway_status.ts";
import { Health } from "./health.ts";
import { JobTable } from "./jobs.ts";
import { CLOSE_MS, DRAIN_MS, SPOOL_MAX, SWEEP_MS } from "./limits.ts";
import { stratumdMetrics } from "./metrics.ts";
import { Outbox } from "./outbox.ts";
import { CannotListen, StratumServer } from "./server.ts";
import { createSessionWatch } from "./session_news.ts";
import { SessionViews } from "./session_view.ts";
import { Spool } from "./spool.ts";
import { Intake } from "./submit.ts";

export interface StratumdDeps {
  readonly bus: Bus;
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly config: StratumdConfig;
  /** The second road of candidates, to the judges; without one they have the bus alone. */
  readonly road?: Road<BlockCandidate>;
  readonly metrics?: Metrics;
}

export interface Stratumd extends Service {
  status(): StratumdStatus;
  /** What operators ask and do; null while it does not run. */
  control(): GatewayControl | null;
  /** Resolves with the port once miners can connect. */
  readonly listening: Promise<number>;
}

export type { StratumdStatus };

/** On the board of a gateway that does not work: blocks may be among its candidates. */
const UNSETTLED = "stratumd/candidates";

export function createStratumd(deps: StratumdDeps): Stratumd {
  const { bus, clock, random, log, board, config, state } = deps;
  const name = "stratumd";
  const listening = Promise.withResolvers<number>();
  // Asked for or not, a service that ends before it listens is no unhandled rejection.
  listening.promise.catch(() => {});
  let port: number | null = null;
  const outbox = new Outbox({ bus, clock, log });
  let life: {
    gateway: Gateway;
    door: Door;
    candidates: Candidates;
    jobs: JobTable;
    intake: Intake;
    spool: Spool;
  } | null = null;
  let control: GatewayControl | null = null;
  const { metrics = noMetrics } = deps;
  const measure = stratumdMetrics({ metrics, clock, outbox, life: () => life });

  async function run(signal: AbortSignal): Promise<void> {
    // Before anything is waited for: nobody is served until the port listens.
    board.set(name, "down", "opening the spool");
    const spool = await Spool.open(`${config.dataDir}/spool`, SPOOL_MAX, (file, error) => {
      log.error("a spooled candidate cannot be read and is left where it is", { file, error });
    });
    board.clear(UNSETTLED);
    const candidates = new Candidates({
      bus,
      spool,
      road: deps.road ?? null,
      clock,
      log,
      pool: config.poolName,
      gateway: config.gateway,
    });
    // Of this run alone: what its jobs have registered goes with it, however often the gateway is drained.
    const checker = new ShareChecker();
    const jobs = new JobTable(config.poolName, checker, config.variant);
    const intake = new Intake({
      checker,
      jobs,
      outbox,
      candidates,
      clock,
      log,
      pool: config.poolName,
      gateway: config.gateway,
      variant: config.variant,
    });
    const moving = new Set<Promise<void>>();
    const extranonces = new Extranonces({
      state,
      clock,
      random,
      id: config.gateway,
      jobMaxLifeMs: JOB_MAX_LIFE_MS,
      ...(config.prefix === null ? {} : { pinned: config.prefix }),
      onLost(prefix, why) {
        log.error("prefix lost", { prefix, why });
        const task = gateway.move(prefix, why).finally(() => moving.delete(task));
        moving.add(task);
      },
      onTrouble: () => health.numbering(),
    });
    const memory = new Sessions(state, JOB_MAX_LIFE_MS);
    const onBans = (fresh: BanIndex): Promise<number> => gateway.closeBanned(fresh);
    const bans = new Bans({ state, clock, log, onBans });
    const views = new SessionViews({ clock, jobs, pacing: config });
    const watch = createSessionWatch(views, clock);
    const gateway = new Gateway({
      config,
      jobs,
      intake,
      outbox,
      extranonces,
      memory,
      isStoreAway: (): boolean => levels.trouble !== null,
      bans,
      news: watch,
      clock,
      random,
      log,
    });
    const door = new Door({
      ...config,
      clock,
      others: (key): number => levels.others(key),
      isBanned: (address) => bans.ofAddress(address) !== null,
    });
    const levels = new SharedLevels({
      state,
      clock,
      member: config.gateway,
      levels: () => door.levels(),
    });
    const { reusePort } = config;
    const server = new StratumServer(gateway, door, { ...config.stratumListen, reusePort }, log);
    const health = new Health({
      board,
      log,
      clock,
      jobs,
      outbox,
      extranonces,
      memory,
      levels,
      door,
    });
    life = { gateway, door, candidates, jobs, intake, spool };
    control = new GatewayControl({
      gateway,
      door,
      intake,
      jobs,
      bans,
      watch,
      views,
      pacing: config,
      clock,
    });

    // The readers and the sweep go on while answers are finished: they end after the sessions.
    const inner = new AbortController();
    const feeds = new Feeds({
      bus,
      clock,
      log,
      board,
      jobs,
      gateway,
      candidates,
      spool,
      onSent: ({ job }) =>
        measure.jobMadeToSent.observe(Math.max(0, clock.now() - Number(job.createdAtMs)) / 1000),
    });

    async function sweep(stop: AbortSignal): Promise<void> {
      while (!stop.aborted) {
        await clock.sleep(SWEEP_MS, stop);
        gateway.sweep();
        server.sweep(clock.monotonic());
        if (port !== null) health.look();
      }
    }

    async function serve(stop: AbortSignal): Promise<void> {
      const ended = [aborted(stop), aborted(inner.signal)];
      board.set(name, "down", "waiting for a first job");
      await Promise.race([feeds.firstJob, ...ended]);
      board.set(name, "down", "waiting for a prefix of extranonces");
      await Promise.race([extranonces.ready, ...ended]);
      if (stop.aborted || inner.signal.aborted) return;
      try {
        port = await server.listen();
      } catch (error) {
        if (error instanceof CannotListen) throw new FatalError(error.message);
        throw error;
      }
      log.info("miners can connect", { host: config.stratumListen.host, port });
      board.set(name, "ok", `serving miners at port ${port}`);
      listening.resolve(port);
      await Promise.race([aborted(stop), aborted(inner.signal)]);
      server.close();
      port = null;
      board.set(name, "down", "no new miners: answers in hand are finished");
      const enough = new AbortController();
      await gateway.drain(() =>
        Promise.race([outbox.drained(), clock.sleep(DRAIN_MS, enough.signal)])
      );
      const remembered = gateway.remembered();
      await Promise.race([
        Promise.all([candidates.settled(), outbox.drained(), server.closed()]),
        clock.sleep(CLOSE_MS, enough.signal),
      ]);
      server.destroyAll();
      await server.closed();
      await remembered;
      outbox.abandon();
      enough.abort();
    }

    await using ending = new AsyncDisposableStack();
    ending.defer(() => candidates.close());
    await runTogether(
      new AbortController().signal,
      async () => {
        try {
          await serve(signal);
        } finally {
          control = null;
          watch.close();
          inner.abort();
        }
      },
      (stop) => feeds.jobs(AbortSignal.any([stop, inner.signal])),
      (stop) => feeds.found(AbortSignal.any([stop, inner.signal])),
      (stop) => sweep(AbortSignal.any([stop, inner.signal])),
      (stop) => candidates.repeat(AbortSignal.any([stop, inner.signal])),
      (stop) => extranonces.run(AbortSignal.any([stop, inner.signal])),
      (stop) => levels.run(AbortSignal.any([stop, inner.signal])),
      (stop) => bans.run(AbortSignal.any([stop, inner.signal])),
    );
    await Promise.all(moving);
    if (spool.size === 0) return;
    // A process that is drained, and not ended, may stay so for days: nobody must find out from the spool's folder.
    const unsettled = "They lie on the disk and go on when the gateway works again";
    log.info("candidates are not settled", { open: spool.size, detail: unsettled });
    board.set(
      UNSETTLED,
      "degraded",
      `Candidates not settled yet: ${spool.size}. ${unsettled}: undrain it`,
    );
  }

  return {
    name,
    run,
    listening: listening.promise,
    status: () => statusOf(life, port, outbox.depth),
    control: () => control,
  };
}
