/**
 * ControlService: reads what the process knows of itself, asks it to change, and shapes the answers. The rules are in
 * the files that it asks.
 *
 * @module
 */
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type ControlService, EventKind as EventKindProto } from "@gopool/proto/control";
import {
  type Clock,
  type Events,
  type Happening,
  type LogLevel,
  type Phase,
  readinessOf,
  type StatusBoard,
  TooManyWatching,
  VERSION,
} from "@gopool/runtime";
import { type Drains, UnknownService, WholeDrained } from "./drains.ts";
import type { Levels } from "./levels.ts";
import { note } from "./note.ts";
import { CannotProfile, heapSummary, type Profiler } from "./profile.ts";
import type { SettingView } from "./settings_view.ts";
import {
  eventMessage,
  HEALTHS,
  KINDS,
  levelOf,
  LEVELS,
  PHASES,
  servicePhase,
  SOURCES,
} from "./shapes.ts";

/** How far a group is behind in a topic. */
export interface GroupLag {
  readonly topic: string;
  readonly group: string;
  readonly partitions: readonly { readonly partition: number; readonly lag: number }[];
}

export interface ControlDeps {
  readonly name: string;
  readonly clock: Clock;
  readonly startedAtMs: number;
  readonly board: StatusBoard;
  readonly phase: () => { readonly phase: Phase; readonly sinceMs: number };
  readonly drains: Drains;
  readonly events: Events;
  readonly levels: Levels;
  readonly profiler: Profiler;
  readonly settings: readonly SettingView[];
  /** Asked of the bus at each Status. */
  readonly lags: () => Promise<readonly GroupLag[]>;
  /** Aborts when the process is told to end: streams end with it. */
  readonly signal: AbortSignal;
}

/** Of a level that is set without a time: as long as somebody looks into one thing. */
const LEVEL_FOR_MS = 600_000;
const PROFILE_FOR_MS = 5_000;
const PROFILE_INTERVAL_US = 1_000;
/** Pieces of a profile, well below what a message may hold. */
const CHUNK_BYTES = 65_536;
/** A bus that is away must not keep a status from being told. */
const LAGS_WITHIN_MS = 2_000;

export function createControlRpc(deps: ControlDeps): ServiceImpl<typeof ControlService> {
  const { clock, board, drains, events, levels, profiler } = deps;
  return {
    async status({ withoutLags }) {
      const { phase, sinceMs } = deps.phase();
      const parts = board.all();
      const { ready, reasons } = readinessOf(phase, parts);
      const { lags, trouble } = withoutLags ? { lags: [], trouble: "" } : await lagsOf(deps);
      return {
        name: deps.name,
        version: VERSION,
        runtime: `Deno ${Deno.version.deno}`,
        startedAtMs: BigInt(deps.startedAtMs),
        phase: PHASES[phase],
        phaseSinceMs: BigInt(sinceMs),
        ready,
        waitingFor: [...reasons],
        services: drains.services().map(servicePhase),
        parts: parts.map(({ part, health, detail, sinceMs, lastError }) => ({
          name: part,
          health: HEALTHS[health],
          detail,
          sinceMs: BigInt(sinceMs),
          lastError: lastError?.detail ?? "",
          lastErrorAtMs: BigInt(lastError?.atMs ?? 0),
        })),
        lags: lags.map(({ topic, group, partitions }) => ({
          topic,
          group,
          lag: BigInt(partitions.reduce((sum, { lag }) => sum + lag, 0)),
          partitions: partitions.map(({ partition, lag }) => ({ partition, lag: BigInt(lag) })),
        })),
        lagsTrouble: trouble,
      };
    },
    settings: () => ({
      settings: deps.settings.map(({ source, ...one }) => ({ ...one, source: SOURCES[source] })),
    }),
    getLogLevel() {
      const { level, expiresAtMs, setting } = levels.now();
      return {
        level: LEVELS[level],
        expiresAtMs: BigInt(expiresAtMs ?? 0),
        setting: LEVELS[setting],
      };
    },
    setLogLevel({ level, forMs }, context) {
      const before = levels.now();
      const after = levels.set(levelOf(level), forMs || LEVEL_FOR_MS);
      const until = after.expiresAtMs === null
        ? ""
        : ` until ${new Date(after.expiresAtMs).toISOString()}`;
      note(context, { before: before.level, after: `${after.level}${until}` });
      return {
        before: LEVELS[before.level],
        level: LEVELS[after.level],
        expiresAtMs: BigInt(after.expiresAtMs ?? 0),
      };
    },
    async drain({ service, waitMs }, context) {
      const before = named(drains, service);
      const drained = drains.drain(service);
      if (waitMs > 0) {
        const enough = new AbortController();
        const over = AbortSignal.any([context.signal, enough.signal]);
        await Promise.race([drained, clock.sleep(waitMs, over)]);
        enough.abort();
      }
      const services = drains.named(service);
      note(context, { before: phasesOf(before), after: phasesOf(services) });
      return { services: services.map(servicePhase) };
    },
    async undrain({ service }, context) {
      const before = named(drains, service);
      await refused(WholeDrained, Code.FailedPrecondition, () => drains.undrain(service));
      const services = drains.named(service);
      note(context, { before: phasesOf(before), after: phasesOf(services) });
      return { services: services.map(servicePhase) };
    },
    async *watchEvents({ leastLevel, kinds, past }, context) {
      const least = levelOf(leastLevel) ?? "info";
      const signal = AbortSignal.any([context.signal, deps.signal]);
      const debug = least === "debug";
      const watching = events.watch({ signal, past, debug, wants: wanted(least, kinds) });
      try {
        for await (const event of watching) yield { event: eventMessage(event) };
      } catch (error) {
        if (!(error instanceof TooManyWatching)) throw error;
        throw new ConnectError(error.message, Code.ResourceExhausted);
      }
    },
    async *profile({ forMs, intervalUs }, context) {
      const span = {
        forMs: forMs || PROFILE_FOR_MS,
        intervalUs: intervalUs || PROFILE_INTERVAL_US,
        signal: AbortSignal.any([context.signal, deps.signal]),
      };
      const bytes = new TextEncoder().encode(await asked(deps, () => profiler.cpu(span)));
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        yield { chunk: bytes.subarray(at, at + CHUNK_BYTES) };
      }
    },
    async heap({ sampleMs }, context) {
      const signal = AbortSignal.any([context.signal, deps.signal]);
      const allocations = sampleMs === 0
        ? []
        : await asked(deps, () => profiler.allocations({ forMs: sampleMs, signal }));
      const { spaces, ...sizes } = heapSummary();
      return {
        residentBytes: BigInt(sizes.residentBytes),
        heapUsedBytes: BigInt(sizes.heapUsedBytes),
        heapTotalBytes: BigInt(sizes.heapTotalBytes),
        heapLimitBytes: BigInt(sizes.heapLimitBytes),
        externalBytes: BigInt(sizes.externalBytes),
        spaces: spaces.map(({ name, usedBytes, sizeBytes }) => ({
          name,
          usedBytes: BigInt(usedBytes),
          sizeBytes: BigInt(sizeBytes),
        })),
        allocations: allocations.map((one) => ({ ...one, bytes: BigInt(Math.round(one.bytes)) })),
      };
    },
  };
}

/** Which events a watcher asks for. */
function wanted(least: LogLevel, kinds: readonly EventKindProto[]): (event: Happening) => boolean {
  const all = kinds.every((kind) => kind === EventKindProto.UNSPECIFIED);
  return (event) => {
    if (event.kind === "log" && LEVELS[event.level] < LEVELS[least]) return false;
    return all || kinds.includes(KINDS[event.kind]);
  };
}

async function lagsOf(
  { lags, clock }: ControlDeps,
): Promise<{ readonly lags: readonly GroupLag[]; readonly trouble: string }> {
  const enough = new AbortController();
  try {
    return await Promise.race([
      lags().then((found) => ({ lags: found, trouble: "" })),
      clock.sleep(LAGS_WITHIN_MS, enough.signal).then(() => ({
        lags: [],
        trouble: `The bus did not answer within ${LAGS_WITHIN_MS} ms`,
      })),
    ]);
  } catch (error) {
    return { lags: [], trouble: (error as Error).message };
  } finally {
    enough.abort();
  }
}

/** @throws {ConnectError} NotFound, naming those there are. */
function named(drains: Drains, service: string): ReturnType<Drains["named"]> {
  try {
    return drains.named(service);
  } catch (error) {
    if (!(error instanceof UnknownService)) throw error;
    throw new ConnectError(error.message, Code.NotFound);
  }
}

function phasesOf(services: ReturnType<Drains["named"]>): string {
  return services.map(({ name, phase }) => `${name} ${phase}`).join(", ");
}

/** What a profiler gives; why it does not in the words of a caller. */
async function asked<T>({ signal }: ControlDeps, take: () => Promise<T>): Promise<T> {
  try {
    return await refused(CannotProfile, Code.FailedPrecondition, take);
  } catch (error) {
    if (signal.aborted) throw new ConnectError("the process ends", Code.Unavailable);
    throw error;
  }
}

/** Does the work; says its refusal to the caller, by this code. */
async function refused<T>(
  Refusal: new (message?: string) => Error,
  code: Code,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new ConnectError(error.message, code);
  }
}
