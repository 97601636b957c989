/**
 * Lines of the log as events: what stands in the log is seen by who watches, whatever level is written.
 *
 * @module
 */
import type { Events, TextFacts } from "./events.ts";
import { plainFacts, plainText } from "./log_facts.ts";
import { type Logger, loggerOver, logLevel } from "./log.ts";

/**
 * A logger that writes to `log` and emits each line of information and above. Lines of debug are emitted where the
 * log's level is debug and somebody watches for them.
 */
export function loggerWithEvents(log: Logger, events: Events): Logger {
  return loggerOver((level, message, facts) => {
    log[level](message, facts);
    if (level === "debug" && !(logLevel() === "debug" && events.wantsDebug)) return;
    events.emit({ kind: "log", level, message: plainText(message), facts: textFacts(facts) });
  });
}

/** Facts as text, each fit to be shown: what a log line may show. */
export function textFacts(facts: Record<string, unknown>): TextFacts {
  return Object.fromEntries(
    Object.entries(plainFacts(facts)).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value) ?? String(value),
    ]),
  );
}
