/**
 * The log: levels, facts beside the words, no secrets. LogTape writes the lines; its configuration is global
 * to the process, so it is kept behind this file and tests use `silent` or testing's captureLog instead.
 *
 * @module
 */
import { configureSync, getLogger, type LogLevel as TapeLevel } from "@logtape/logtape";
import type { LogFormat, LogLevel } from "@gopool/config";
import { plainFacts, plainText } from "./log_facts.ts";
import { jsonLines, readableLines } from "./log_format.ts";

export type { LogFormat, LogLevel };

/** What stands beside a message: names in camelCase, units last (`pauseMs`). */
export type Facts = Record<string, unknown>;

/** Messages are constant sentences; what varies goes into facts. */
export interface Logger {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** A logger that adds these facts to every line. */
  with(facts: Facts): Logger;
}

/** From the least to the gravest. */
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export interface LogOptions {
  readonly format?: LogFormat;
  readonly level?: LogLevel;
  /** Where whole lines go, without their end. Default: standard output. */
  readonly write?: (line: string) => void;
}

const ROOT = "gopool";
const TAPE_LEVEL = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

let threshold: LogLevel = "info";
let configured = false;

/** Lets through this level and those above it, at once and in the whole process. */
export function setLogLevel(level: LogLevel): void {
  threshold = level;
}

export function logLevel(): LogLevel {
  return threshold;
}

/**
 * A logger under this name. With `options` it (re)configures where and how the whole process logs; without
 * them it joins what is configured, or the defaults.
 */
export function createLogger(name: string, options?: LogOptions): Logger {
  if (options !== undefined || !configured) configure(options ?? {});
  const tape = getLogger([ROOT, name]);
  return loggerOver((level, message, facts) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
    const text = plainText(message);
    tape.emit({
      timestamp: Date.now(),
      level: TAPE_LEVEL[level] satisfies TapeLevel,
      // One part: braces in the text are text, not places for values.
      message: [text],
      rawMessage: text,
      properties: plainFacts(facts),
    });
  });
}

function configure({ format = "auto", level = "info", write = console.log }: LogOptions): void {
  const text = format === "text" || (format === "auto" && Deno.stdout.isTerminal());
  const line = text ? readableLines(Deno.stdout.isTerminal() && !Deno.noColor) : jsonLines();
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(line(record).trimEnd()) },
    loggers: [
      { category: ROOT, sinks: ["lines"], lowestLevel: "debug" },
      // LogTape's own voice: heard only when it fails.
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
  threshold = level;
  configured = true;
}

/** Receives a line as it was said, facts of `with` included. */
export type LogTarget = (level: LogLevel, message: string, facts: Facts) => void;

/** A logger that hands its lines to `target`: what createLogger and tests' captures are made of. */
export function loggerOver(target: LogTarget, facts: Facts = {}): Logger {
  const say = (level: LogLevel) => (message: string, more?: Facts) =>
    target(level, message, more === undefined ? facts : { ...facts, ...more });
  return {
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
    with: (more) => loggerOver(target, { ...facts, ...more }),
  };
}

/** Says nothing. */
export const silent: Logger = loggerOver(() => {});
