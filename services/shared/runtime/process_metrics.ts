/**
 * What the process itself uses: memory, processor, how late its event loop comes; and how its parts are.
 *
 * Written here and not taken from the library: its own set reads /proc, which no service may, and then says zero.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { Clock } from "./clock.ts";
import { type Phase, readinessOf } from "./health.ts";
import { type Metrics, SECONDS_BOUNDS } from "./metrics.ts";
import type { Health, StatusBoard } from "./status.ts";

/** Often enough to meet a stall that a miner would notice, rare enough to cost nothing. */
const LOOP_LOOK_MS = 100;

const HEALTHS: readonly Health[] = ["ok", "degraded", "down"];

export interface ProcessMetricsDeps {
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly board: StatusBoard;
  readonly phase: () => Phase;
  /** What the process is called and which version of it runs. */
  readonly name: string;
  readonly version: string;
}

/** Registers them, and watches the event loop until disposed. The watch keeps no process alive. */
export function processMetrics(deps: ProcessMetricsDeps): Disposable {
  const { metrics, clock, board, phase, name, version } = deps;
  const startedSeconds = clock.now() / 1000;
  metrics.gauge(
    "gopool_build_info",
    "Always 1; the labels say which program of which version runs, on which Deno.",
    () => [{ labels: { program: name, version, deno: Deno.version.deno }, value: 1 }],
  );
  metrics.gauge(
    "process_start_time_seconds",
    "When the process started, in seconds since the Unix epoch.",
    () => startedSeconds,
  );
  metrics.counter(
    "process_cpu_seconds_total",
    "Time of the processor that the process has used, its own and the system's on its behalf.",
    () => {
      const { user, system } = cpuUsage();
      return (user + system) / 1e6;
    },
  );
  metrics.gauge(
    "process_resident_memory_bytes",
    "Memory of the machine that the process holds.",
    () => Deno.memoryUsage().rss,
  );
  metrics.gauge(
    "gopool_heap_used_bytes",
    "JavaScript heap in use.",
    () => Deno.memoryUsage().heapUsed,
  );
  metrics.gauge(
    "gopool_heap_size_bytes",
    "JavaScript heap that the process has taken, in use or not.",
    () => Deno.memoryUsage().heapTotal,
  );
  metrics.gauge(
    "gopool_external_memory_bytes",
    "Memory outside the heap that JavaScript objects hold: buffers, WebAssembly.",
    () => Deno.memoryUsage().external,
  );
  metrics.gauge(
    "gopool_ready",
    "1 when /readyz answers 200, else 0.",
    () => readinessOf(phase(), board.all()).ready ? 1 : 0,
  );
  metrics.gauge("gopool_parts", "Parts of the process by health: ok, degraded, down.", () => {
    const parts = board.all();
    return HEALTHS.map((health) => ({
      labels: { health },
      value: parts.filter((part) => part.health === health).length,
    }));
  });
  return watchLoop(metrics, clock);
}

function watchLoop(metrics: Metrics, clock: Pick<Clock, "monotonic">): Disposable {
  const delay = metrics.histogram(
    "gopool_event_loop_delay_seconds",
    `How late a timer came that was due, looked at every ${LOOP_LOOK_MS} ms.`,
    SECONDS_BOUNDS,
  );
  let lastMs = clock.monotonic();
  const timer = setInterval(() => {
    const nowMs = clock.monotonic();
    // Timers may come a fraction early as well.
    delay.observe(Math.max(0, nowMs - lastMs - LOOP_LOOK_MS) / 1000);
    lastMs = nowMs;
  }, LOOP_LOOK_MS);
  Deno.unrefTimer(timer);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
