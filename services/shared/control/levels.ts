/**
 * The log's level for a while: whoever forgets to set it back has it set back.
 *
 * @module
 */
import { type Clock, type LogLevel, logLevel, setLogLevel } from "@gopool/runtime";

export interface LevelNow {
  readonly level: LogLevel;
  /** When the setting comes back, ms since the Unix epoch; null where it is in effect. */
  readonly expiresAtMs: number | null;
  /** What the setting says. */
  readonly setting: LogLevel;
}

/** The level of the whole process. Disposing it brings the setting back. */
export interface Levels extends AsyncDisposable {
  now(): LevelNow;
  /** Sets a level for so long, in place of one that was set before. Null: the setting, at once. */
  set(level: LogLevel | null, forMs: number): LevelNow;
}

/** What is in effect when this is called is the setting. */
export function createLevels(clock: Clock): Levels {
  const setting = logLevel();
  let expiresAtMs: number | null = null;
  let current: { readonly stop: AbortController; readonly expiry: Promise<void> } | null = null;
  const back = () => {
    expiresAtMs = null;
    setLogLevel(setting);
  };
  const now = (): LevelNow => ({ level: logLevel(), expiresAtMs, setting });
  return {
    now,
    set(level, forMs) {
      current?.stop.abort();
      current = null;
      if (level === null) {
        back();
        return now();
      }
      const stop = new AbortController();
      setLogLevel(level);
      expiresAtMs = clock.now() + forMs;
      const expiry = clock.sleep(forMs, stop.signal).then(() => {
        // A later call has set another level: its expiry is not this one's.
        if (!stop.signal.aborted) back();
      });
      current = { stop, expiry };
      return now();
    },
    async [Symbol.asyncDispose]() {
      current?.stop.abort();
      await current?.expiry;
      back();
    },
  };
}
