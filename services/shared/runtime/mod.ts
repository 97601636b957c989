/** The process and its parts: clock, chance, log, signals, status, supervision. @module */
export { type Clock, systemClock } from "./clock.ts";
export { type Random, seededRandom, systemRandom } from "./random.ts";
export {
  createMetrics,
  type Histogram,
  type Metrics,
  type MetricsRegistry,
  noMetrics,
  type Read,
  type Reading,
  type Sample,
  SECONDS_BOUNDS,
} from "./metrics.ts";
export { processMetrics, type ProcessMetricsDeps } from "./process_metrics.ts";
export {
  createEvents,
  type Events,
  EVENTS_KEPT,
  type Happening,
  type Missed,
  type PoolEvent,
  type TextFacts,
  TooManyWatching,
  WATCHER_QUEUE,
  WATCHERS_MAX,
  type WatchOptions,
} from "./events.ts";
export { loggerWithEvents, textFacts } from "./log_events.ts";
export { VERSION } from "./version.ts";
export { orGiveUp } from "./drain.ts";
export { type Given, type Road, SECOND_ROAD_AFTER_MS, SecondRoad } from "./second_road.ts";
export { type Follow, keepFollowing, type LaneDeps } from "./lane.ts";
export { aborted, runTogether, type Service } from "./service.ts";
export { type Health, type PartChange, type PartStatus, type StatusBoard } from "./status.ts";
export { createStatusBoard } from "./status_board.ts";
export { type ReadTrouble, troubleOnBoard } from "./trouble.ts";
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { FatalError, RESTART, supervise, type SuperviseDeps } from "./supervise.ts";
export {
  createLogger,
  type Facts,
  type LogFormat,
  type Logger,
  loggerOver,
  type LogLevel,
  logLevel,
  type LogOptions,
  type LogTarget,
  setLogLevel,
  silent,
} from "./log.ts";
export { holdFolder } from "./folder_lock.ts";
export { type HealthPort, type Phase, type Readiness, readinessOf, serveHealth } from "./health.ts";
export { type OpeningDeps, openPart, type Tell } from "./opening.ts";
export { EXIT, type Process, runProcess } from "./process.ts";
