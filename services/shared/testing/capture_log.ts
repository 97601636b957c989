import { type Facts, type Logger, loggerOver, type LogLevel } from "@gopool/runtime";

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly facts: Facts;
}

export interface LogCapture {
  readonly log: Logger;
  /** What was said so far, oldest first. */
  readonly lines: readonly LogLine[];
  /** The lines whose message contains this text. */
  having(text: string): readonly LogLine[];
}

/** A logger that keeps what it is told, for tests that look at it. */
export function captureLog(): LogCapture {
  const lines: LogLine[] = [];
  return {
    log: loggerOver((level, message, facts) => lines.push({ level, message, facts })),
    lines,
    having: (text) => lines.filter(({ message }) => message.includes(text)),
  };
}
