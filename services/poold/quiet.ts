import { type Logger, loggerOver } from "@gopool/runtime";

/**
 * The log of the parts when they run in one process: what a part tells for information is a detail here, because
 * the pool tells it in one line for all of them. Warnings and errors stay what they are.
 */
export function quiet(log: Logger): Logger {
  return loggerOver((level, message, facts) =>
    log[level === "info" ? "debug" : level](message, facts)
  );
}
