/**
 * The runtime's words as the protos have them.
 *
 * @module
 */
import { EventKind, Health, LogLevel, Phase, Source } from "@gopool/proto/control";
import type { MessageInitShape } from "@gopool/proto";
import type { EventSchema, ServiceStateSchema } from "@gopool/proto/control";
import type {
  Happening,
  Health as HealthWord,
  LogLevel as LevelWord,
  Phase as PhaseWord,
  PoolEvent,
} from "@gopool/runtime";
import type { ServicePhase } from "./drains.ts";
import type { SettingSource } from "./settings_view.ts";

export const PHASES: Readonly<Record<PhaseWord, Phase>> = {
  starting: Phase.STARTING,
  working: Phase.WORKING,
  draining: Phase.DRAINING,
  drained: Phase.DRAINED,
  stopping: Phase.STOPPING,
};

export const HEALTHS: Readonly<Record<HealthWord, Health>> = {
  ok: Health.OK,
  degraded: Health.DEGRADED,
  down: Health.DOWN,
};

/** Their numbers rise with their gravity. */
export const LEVELS: Readonly<Record<LevelWord, LogLevel>> = {
  debug: LogLevel.DEBUG,
  info: LogLevel.INFO,
  warn: LogLevel.WARN,
  error: LogLevel.ERROR,
};

export const SOURCES: Readonly<Record<SettingSource, Source>> = {
  default: Source.DEFAULT,
  flag: Source.FLAG,
  environment: Source.ENVIRONMENT,
  file: Source.FILE,
  absent: Source.ABSENT,
};

export const KINDS: Readonly<Record<Happening["kind"], EventKind>> = {
  log: EventKind.LOG,
  part: EventKind.PART,
  call: EventKind.CALL,
  phase: EventKind.PHASE,
  notice: EventKind.NOTICE,
};

/** Null where none is named. */
export function levelOf(level: LogLevel): LevelWord | null {
  const words = Object.keys(LEVELS) as LevelWord[];
  return words.find((word) => LEVELS[word] === level) ?? null;
}

export function servicePhase(
  { name, phase, sinceMs }: ServicePhase,
): MessageInitShape<typeof ServiceStateSchema> {
  return { name, phase: PHASES[phase], sinceMs: BigInt(sinceMs) };
}

export function eventMessage(event: PoolEvent): MessageInitShape<typeof EventSchema> {
  return {
    number: BigInt(event.number),
    atMs: BigInt(event.atMs),
    what: what(event),
  };
}

type What = NonNullable<MessageInitShape<typeof EventSchema>["what"]>;

function what(event: PoolEvent): What {
  switch (event.kind) {
    case "log": {
      const { level, message, facts } = event;
      return { case: "log", value: { level: LEVELS[level], message, facts: { ...facts } } };
    }
    case "part": {
      const { part, before, health, detail } = event;
      return {
        case: "part",
        value: {
          part,
          before: before === null ? Health.UNSPECIFIED : HEALTHS[before],
          health: health === null ? Health.UNSPECIFIED : HEALTHS[health],
          detail,
        },
      };
    }
    case "call": {
      const { method, caller, request, before, after, error } = event;
      return { case: "call", value: { method, caller, request, before, after, error } };
    }
    case "phase":
      return {
        case: "phase",
        value: { service: event.service, phase: PHASES[event.phase] },
      };
    case "notice": {
      const { service, message, facts } = event;
      return { case: "notice", value: { service, message, facts: { ...facts } } };
    }
    case "missed":
      return { case: "missed", value: { count: BigInt(event.count) } };
  }
}
