/** What happens in the pool, as it happens. @module */
import {
  ControlService,
  type Event,
  EventSchema,
  GetLogLevelResponseSchema,
  Health,
  LogLevel,
  Phase,
} from "@gopool/proto/control";
import { type Command, InvalidArgumentError, Option } from "commander";
import { spanWithin } from "./arguments.ts";
import type { Ctl, Run } from "./context.ts";
import { watched } from "./watched.ts";
import { time, word } from "./words.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = typeof LEVELS[number];

/** The API's bounds (control.proto). */
const LEVEL_MAX_MS = 86_400_000;
const PAST_MAX = 1_000;

const NUMBERS: Readonly<Record<Level, LogLevel>> = {
  debug: LogLevel.DEBUG,
  info: LogLevel.INFO,
  warn: LogLevel.WARN,
  error: LogLevel.ERROR,
};

export function logCommands(program: Command, run: Run): void {
  program.command("logs")
    .description("what happens: log lines, health, calls that change something; until Ctrl-C")
    .addOption(
      new Option("--level <level>", "the least that is told; with --for also logged meanwhile")
        .choices(LEVELS),
    )
    .addOption(
      new Option("--for <time>", "ends after so long").argParser(spanWithin(1_000, LEVEL_MAX_MS)),
    )
    .addOption(
      new Option("--past <number>", "so many that have happened before are told first")
        .argParser(pastOf).default(20),
    )
    .action((options) => run((ctl) => logs(ctl, options)));
  program.command("log-level")
    .description("the least that is logged now, and until when")
    .option("--reset", "what the setting says is in effect again, at once")
    .action(({ reset = false }) => run((ctl) => logLevel(ctl, reset)));
}

interface LogsOptions {
  readonly level?: Level;
  readonly for?: number;
  readonly past: number;
}

function pastOf(text: string): number {
  const number = Number(text);
  if (!/^\d{1,4}$/.test(text) || number > PAST_MAX) {
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${PAST_MAX}.`);
  }
  return number;
}

async function logs(ctl: Ctl, { level, for: forMs, past }: LogsOptions): Promise<void> {
  const { pool, out, complain } = ctl;
  const members = await pool.members();
  if (level !== undefined && forMs !== undefined) {
    for (const { client, status, place } of members) {
      const set = { level: NUMBERS[level], forMs };
      const { expiresAtMs } = await client(ControlService).setLogLevel(set, pool.calling());
      const until = `until ${time(expiresAtMs)}`;
      out.line(`${status.name} at ${place.name} logs from ${level} on, ${until}`);
    }
  }
  const asked = { leastLevel: NUMBERS[level ?? "info"], past };
  await Promise.all(members.map(async ({ client, status, place }) => {
    const who = members.length === 1 ? "" : `${status.name} `;
    const open = (signal: AbortSignal) => client(ControlService).watchEvents(asked, { signal });
    for await (const { event } of watched(ctl, open, forMs)) {
      if (event === undefined) continue;
      out.said(EventSchema, event, () => [`${time(event.atMs)} ${who}${eventText(event)}`]);
    }
    if (!ctl.signal.aborted && forMs === undefined) {
      complain(`${status.name} at ${place.name} has ended`);
    }
  }));
}

/** One event in a line. */
export function eventText({ what }: Event): string {
  switch (what.case) {
    case "log": {
      const { level, message, facts } = what.value;
      return `${word(LogLevel, level)}: ${message}${factsText(facts)}`;
    }
    case "part": {
      const { part, health, detail } = what.value;
      const now = health === Health.UNSPECIFIED ? "is no more" : `is ${word(Health, health)}`;
      return `part ${part} ${now}${detail === "" ? "" : `: ${detail}`}`;
    }
    case "call": {
      const { method, caller, before, after, error } = what.value;
      const change = before === "" && after === "" ? "" : `: ${before || "-"} -> ${after || "-"}`;
      return `${caller} called ${method}${change}${error === "" ? "" : `, refused: ${error}`}`;
    }
    case "phase": {
      const { service, phase } = what.value;
      return `${service || "the process"} is ${word(Phase, phase)}`;
    }
    case "notice":
      return `${what.value.service}: ${what.value.message}${factsText(what.value.facts)}`;
    case "missed":
      return `${what.value.count} events were not told: this was read too slowly`;
    default:
      return "something that this program does not know";
  }
}

function factsText(facts: Readonly<Record<string, string>>): string {
  const shown = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return shown.length === 0 ? "" : ` (${shown.join(" ")})`;
}

async function logLevel({ pool, out }: Ctl, reset: boolean): Promise<void> {
  for (const { client, status } of await pool.members()) {
    const control = client(ControlService);
    if (reset) await control.setLogLevel({ level: LogLevel.UNSPECIFIED }, pool.calling());
    const found = await control.getLogLevel({}, pool.calling());
    out.said(GetLogLevelResponseSchema, found, ({ level, expiresAtMs, setting }) => [
      `${status.name} logs from ${word(LogLevel, level)} on${
        expiresAtMs === 0n
          ? ""
          : ` until ${time(expiresAtMs)}, then from ${word(LogLevel, setting)}`
      }`,
    ]);
  }
}
