/**
 * What every service's main.ts does beside its own: settings, the board, the health port, supervision.
 *
 * @module
 */
import { type Config, type Field, type HostPort, readChecked, type Settings } from "@gopool/config";
import { type Phase, serveHealth } from "./health.ts";
import { openPart, type Tell } from "./opening.ts";
import { type Process, runProcess } from "./process.ts";
import { runTogether, type Service } from "./service.ts";
import type { StatusBoard } from "./status.ts";
import { createStatusBoard } from "./status_board.ts";
import { supervise } from "./supervise.ts";

/** A process whose settings are read and whose health port answers. */
export interface Daemon<C> extends Process {
  readonly config: C;
  readonly board: StatusBoard;
  /** Opens a part, seen on the board meanwhile; see {@link openPart}. */
  open<T>(part: string, open: (tell: Tell) => Promise<T>): Promise<T>;
  /** Says of a part that it works but not as it might; nothing where there is nothing to say. */
  note(part: string, sentence: string | null): void;
  /** Runs the services, each under supervision, until the process is told to end or one fails for good. */
  run(...services: readonly Service[]): Promise<void>;
}

type DaemonSchema = Record<string, Field<unknown>> & { readonly healthListen: Field<HostPort> };

/**
 * Runs a service's process: reads the settings (all mistakes at once, exit code 2), answers on the health port
 * from then on, and hands the rest to `body`, which opens the ports and calls `run`.
 */
export async function runDaemon<S extends DaemonSchema>(
  name: string,
  settings: Settings<S>,
  body: (daemon: Daemon<Config<S>>) => Promise<void>,
): Promise<void> {
  await runProcess(name, async (process) => {
    const config = readChecked(name, settings, process);
    const { clock, random, log, signal } = process;
    const board = createStatusBoard(clock);
    let isWorking = false;
    const phase = (): Phase => signal.aborted ? "stopping" : isWorking ? "working" : "starting";
    const { healthListen } = config as Config<DaemonSchema>;
    await using health = serveHealth(healthListen, { name, board, clock, phase });
    log.info("health is told", { host: healthListen.host, port: health.port });
    await body({
      ...process,
      config,
      board,
      open: (part, open) => openPart({ board, log, signal }, part, open),
      note(part, sentence) {
        if (sentence === null) return;
        board.set(part, "degraded", sentence);
        log.warn(sentence, { part });
      },
      async run(...services) {
        isWorking = true;
        const supervised = services.map((one) => supervise(one, { clock, random, log, board }));
        await runTogether(signal, ...supervised.map(({ run }) => run));
      },
    });
  });
}
