/**
 * For tests: a gateway on a port of this machine, as the public API's server runs it.
 *
 * @module
 */
import { silent, systemClock } from "@gopool/runtime";
import type { Docs } from "./docs.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";

export interface ServedGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** As `http://127.0.0.1:4711`. */
  readonly url: string;
}

export type ServeOptions = Pick<GatewayOptions, "services"> & Partial<GatewayOptions> & {
  readonly docs?: Docs;
};

/** @param options What differs from a gateway that logs nothing. */
export function serveGateway({ docs, ...options }: ServeOptions): ServedGateway {
  const gateway = createGateway({ clock: systemClock, log: silent, ...options });
  const stop = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: stop.signal,
    onListen: () => {},
  }, async (request, { remoteAddr: { hostname } }) =>
    await docs?.fetch(request) ??
      await gateway.fetch(request, { address: hostname }) ??
      new Response("nobody's", { status: 404 }));
  return {
    gateway,
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}
