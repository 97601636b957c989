/**
 * What every service's main.ts does beside its own: settings, the board, the health port, the control address,
 * supervision, draining.
 *
 * @module
 */
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type Config,
  type controlRows,
  type Field,
  type HostPort,
  readChecked,
  type Settings,
} from "@gopool/config";
import { ControlService, type DescService } from "@gopool/proto/control";
import {
  createEvents,
  createMetrics,
  createStatusBoard,
  type Events,
  loggerWithEvents,
  type MetricsRegistry,
  openPart,
  type Process,
  processMetrics,
  readinessOf,
  runProcess,
  runTogether,
  serveHealth,
  type Service,
  type StatusBoard,
  supervise,
  type Tell,
  VERSION,
} from "@gopool/runtime";
import { addressOf } from "./from_settings.ts";
import { createControlRpc, type GroupLag } from "./control_rpc.ts";
import { createDrains } from "./drains.ts";
import { createLevels } from "./levels.ts";
import { createLife } from "./life.ts";
import { createProfiler } from "./profile.ts";
import { serveControl } from "./server.ts";
import { settingsView } from "./settings_view.ts";

/** A process whose settings are read, and whose health port and control address answer. */
export interface Daemon<C> extends Process {
  readonly config: C;
  readonly board: StatusBoard;
  /** Shown at /metrics. One for the process: a name is registered once. */
  readonly metrics: MetricsRegistry;
  /** What happens, for those who watch; the log's lines and the board's changes are among it. */
  readonly events: Events;
  /**
   * Answers the calls of a service that `serves` has named; until then they are told that the process starts. Methods
   * that are left out are answered as not implemented.
   */
  provide<S extends DescService>(service: S, impl: Partial<ServiceImpl<S>>): void;
  /** How Status learns how far the groups of this process are behind. Asked at each Status. */
  lags(read: () => Promise<readonly GroupLag[]>): void;
  /** Opens a part, seen on the board meanwhile; see {@link openPart}. */
  open<T>(part: string, open: (tell: Tell) => Promise<T>): Promise<T>;
  /** Says of a part that it works but not as it might; nothing where there is nothing to say. */
  note(part: string, sentence: string | null): void;
  /**
   * Runs the services, each under supervision and each to be drained by its name, until the process is told to end
   * or one fails for good.
   */
  run(...services: readonly Service[]): Promise<void>;
  /** The service as one that can be drained by its name: for a composition that supervises its parts itself. */
  drainable(service: Service): Service;
  /** Runs such a composition as it is; a drain of the whole process ends it, and its `run` is called again after. */
  runComposed(service: Service): Promise<void>;
}

type DaemonSchema =
  & Record<string, Field<unknown>>
  & { readonly healthListen: Field<HostPort> }
  & ReturnType<typeof controlRows>;

export interface DaemonOptions {
  /** What will be provided beside ControlService: told by reflection from the start. */
  readonly serves: readonly DescService[];
}

/**
 * Runs a service's process: reads the settings (all mistakes at once, exit code 2), answers on the health port and the
 * control address from then on, and hands the rest to `body`, which opens the ports and calls `run`.
 */
export async function runDaemon<S extends DaemonSchema>(
  name: string,
  settings: Settings<S>,
  { serves }: DaemonOptions,
  body: (daemon: Daemon<Config<S>>) => Promise<void>,
): Promise<void> {
  await runProcess(name, async (process) => {
    const config = readChecked(name, settings, process);
    const { clock, random, signal } = process;
    const { healthListen } = config as Config<DaemonSchema>;
    const startedAtMs = clock.now();
    const events = createEvents(clock);
    const log = loggerWithEvents(process.log, events);
    const board = createStatusBoard(
      clock,
      (change) => events.emit({ kind: "part", ...change }),
    );
    const life = createLife({ clock, signal, events });
    const drains = createDrains({ clock, board, onPhase: life.onPhase });
    const phase = () => life.now().phase;
    const metrics = createMetrics();
    using _own = processMetrics({ metrics, clock, board, phase, name, version: VERSION });
    await using levels = createLevels(clock);
    await using health = serveHealth(healthListen, { name, board, clock, phase, metrics });
    log.info("health is told", { host: healthListen.host, port: health.port });
    const address = await addressOf(config as Config<DaemonSchema>, { clock, log });
    await using server = await serveControl({
      ...address,
      serves: [ControlService, ...serves],
      ready: () => readinessOf(phase(), board.all()).ready,
      record(call) {
        events.emit({ kind: "call", ...call });
        // Not by the log with events: it is one already.
        process.log.info("a call has changed something", { ...call });
      },
      clock,
      log,
    });
    log.info("operators are answered", { host: address.listen.host, port: server.port });
    // Before the server closes: it waits for its streams.
    using _events = { [Symbol.dispose]: () => events.close() };
    let lags = (): Promise<readonly GroupLag[]> => Promise.resolve([]);
    server.provide(
      ControlService,
      createControlRpc({
        name,
        clock,
        startedAtMs,
        board,
        phase: life.now,
        drains,
        events,
        levels,
        profiler: createProfiler(clock),
        settings: settingsView(settings.schema, process),
        lags: () => lags(),
        signal,
      }),
    );
    const runComposed = (service: Service) => drains.wrapWhole(service).run(signal);
    await body({
      ...process,
      log,
      config,
      board,
      metrics,
      events,
      provide: (service, impl) => server.provide(service, impl as ServiceImpl<typeof service>),
      lags: (read) => lags = read,
      open: (part, open) => openPart({ board, log, signal }, part, open),
      note(part, sentence) {
        if (sentence === null) return;
        board.set(part, "degraded", sentence);
        log.warn(sentence, { part });
      },
      drainable: drains.wrap,
      runComposed,
      run(...services) {
        const parts = services.map((one) =>
          drains.wrap(supervise(one, { clock, random, log, board }))
        );
        const run = (stop: AbortSignal) => runTogether(stop, ...parts.map(({ run }) => run));
        return runComposed({ name, run });
      },
    });
  });
}
