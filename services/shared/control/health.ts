/**
 * gRPC's health service: says of each service what /readyz says of the process.
 *
 * @module
 */
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "@gopool/proto/grpc";
import type { Clock } from "@gopool/runtime";
import { HEALTH_LOOK_MS, HEALTH_WATCHERS_MAX } from "./limits.ts";

export interface HealthDeps {
  /** Full names of the services that are served; the server as a whole is asked by an empty name. */
  readonly services: readonly string[];
  /** Whether the process can do its job: what /readyz answers. */
  readonly ready: () => boolean;
  readonly clock: Pick<Clock, "sleep">;
  /** Aborts when the server ends: nothing is served from then on, and streams end. */
  readonly stop: AbortSignal;
}

/**
 * Check tells the truth of the moment. Watch tells it at once and then each change within {@link HEALTH_LOOK_MS}; the
 * last thing that it tells is that the server ends. No more than {@link HEALTH_WATCHERS_MAX} watch at once.
 */
export function createHealth(
  { services, ready, clock, stop }: HealthDeps,
): ServiceImpl<typeof Health> {
  const names = new Set(["", ...services]);
  const statusOf = (name: string): Status => {
    if (!names.has(name)) return Status.SERVICE_UNKNOWN;
    return !stop.aborted && ready() ? Status.SERVING : Status.NOT_SERVING;
  };
  let watchers = 0;
  return {
    check({ service }) {
      const status = statusOf(service);
      if (status === Status.SERVICE_UNKNOWN) {
        throw new ConnectError(
          `no service ${JSON.stringify(service)} is served here: reflection lists those that are`,
          Code.NotFound,
        );
      }
      return { status };
    },
    async *watch({ service }, { signal }) {
      if (watchers >= HEALTH_WATCHERS_MAX) {
        throw new ConnectError(
          `${HEALTH_WATCHERS_MAX} watch the health of this server already: Check answers`,
          Code.ResourceExhausted,
        );
      }
      watchers++;
      try {
        const over = AbortSignal.any([signal, stop]);
        let told: Status | null = null;
        while (!over.aborted) {
          const status = statusOf(service);
          if (status !== told) yield { status };
          told = status;
          await clock.sleep(HEALTH_LOOK_MS, over);
        }
        if (stop.aborted && told === Status.SERVING) yield { status: Status.NOT_SERVING };
      } finally {
        watchers--;
      }
    },
  };
}
