/**
 * The port on which a process tells whether it lives and whether it can work: for those who start processes and
 * send work to them. It says what the status board says, and changes nothing.
 *
 * @module
 */
import type { HostPort } from "@gopool/config";
import type { Clock } from "./clock.ts";
import type { MetricsRegistry } from "./metrics.ts";
import { FatalError } from "./supervise.ts";
import type { PartStatus, StatusBoard } from "./status.ts";

/** What /readyz answers, as JSON: 200 when ready, else 503. */
export interface Readiness {
  readonly ready: boolean;
  /** What keeps the process from its work; empty when ready. */
  readonly reasons: readonly string[];
  /** What is not as it should be, though the work goes on. */
  readonly troubles: readonly string[];
}

/**
 * Where a process, or a service in it, is in its life. Only a working one can be ready. `draining` ends its work and
 * becomes `drained`, which waits to be told to work again; `stopping` ends the process.
 */
export type Phase = "starting" | "working" | "draining" | "drained" | "stopping";

/** Ready is who works and has no part that is down: "down" means that the process cannot do its job. */
export function readinessOf(phase: Phase, parts: readonly PartStatus[]): Readiness {
  const named = (health: PartStatus["health"]) =>
    parts.filter((part) => part.health === health).map(({ part, detail }) => `${part}: ${detail}`);
  const reasons = named("down");
  if (phase !== "working") reasons.unshift(`The process is ${phase}`);
  return { ready: reasons.length === 0, reasons, troubles: named("degraded") };
}

export interface HealthDeps {
  readonly name: string;
  readonly board: StatusBoard;
  readonly clock: Clock;
  readonly phase: () => Phase;
  /** What GET /metrics shows; without it that path is not known. */
  readonly metrics?: MetricsRegistry;
}

export interface HealthPort extends AsyncDisposable {
  readonly port: number;
}

/**
 * Answers GET /healthz (200 while the process's loop turns), GET /readyz and GET /metrics until disposed.
 *
 * @throws {FatalError} In a sentence: the port is taken, or the address is none of this machine's.
 */
export function serveHealth(listen: HostPort, deps: HealthDeps): HealthPort {
  const { name, board, clock, phase, metrics } = deps;
  const startedMs = clock.monotonic();
  const paths = ["/healthz", "/readyz", ...(metrics === undefined ? [] : ["/metrics"])];
  const answer = (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (!paths.includes(pathname)) {
      return new Response(`Ask ${paths.join(" or ")}\n`, { status: 404 });
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Only GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    if (pathname === "/readyz") {
      const readiness = readinessOf(phase(), board.all());
      return json({ service: name, ...readiness }, readiness.ready ? 200 : 503);
    }
    if (pathname === "/metrics" && metrics !== undefined) return shown(metrics);
    const upSeconds = Math.floor((clock.monotonic() - startedMs) / 1000);
    return json({ service: name, upSeconds, phase: phase() }, 200);
  };
  const stop = new AbortController();
  const server = opened(listen, () =>
    Deno.serve({
      hostname: listen.host,
      port: listen.port,
      signal: stop.signal,
      onListen: () => {},
    }, answer));
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      // Not shutdown(): a prober that keeps its connection must not keep the process.
      stop.abort();
      await server.finished;
    },
  };
}

async function shown(metrics: MetricsRegistry): Promise<Response> {
  return new Response(await metrics.render(), {
    headers: { "content-type": metrics.contentType, "cache-control": "no-store" },
  });
}

function json(body: unknown, status: number): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

function opened<T>({ host, port }: HostPort, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is taken, by another service of this pool perhaps"
      : (error as Error).message;
    throw new FatalError(
      `Cannot answer for health at ${host}:${port}: ${why}. Name another place with GOPOOL_HEALTH_LISTEN`,
      { cause: error },
    );
  }
}
