/** The running pool's public API and control methods, as tests ask them. @module */
import { createGateway, serving } from "@gopool/control/gateway";
import type { PoolDeps } from "@gopool/poold";
import { silent, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";

// deno-lint-ignore no-explicit-any
export type Json = any;

/** Every answer may be a second or ten old: `fresh` waits for one that was put together after it was asked for. */
export class Api {
  constructor(readonly url: string, private readonly now: () => number) {}

  async get(path: string): Promise<{ readonly status: number; readonly body: Json }> {
    const response = await fetch(`${this.url}${path}`);
    return { status: response.status, body: await response.json() };
  }

  async fresh(path: string): Promise<Json> {
    const sinceMs = this.now();
    return await waitFor(
      async () => {
        const { status, body } = await this.get(path);
        if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
        return Date.parse(body.freshness.asOf) >= sinceMs ? body : undefined;
      },
      `a fresh answer to ${path}`,
      { deadlineMs: 60_000 },
    );
  }
}

type Control = NonNullable<PoolDeps["control"]>;

/** What a pool provides to operators, without a server: each method is called by its name. */
export function controlHere(): {
  readonly control: Control;
  call(method: string, request?: Json): Promise<Json>;
} {
  const served: ReturnType<typeof serving>[] = [];
  return {
    control: {
      provide: (service, impl) => void served.push(serving(service, impl)),
      drainable: (service) => service,
    },
    async call(method, request = {}) {
      const gateway = createGateway({ services: served, clock: systemClock, log: silent });
      const asked = new Request(`http://control/gopool.control.v1.${method}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      const response = await gateway.fetch(asked, { address: "127.0.0.1" });
      const body = await response?.json();
      if (response?.status !== 200) throw new Error(`${method}: ${JSON.stringify(body)}`);
      return body;
    },
  };
}
