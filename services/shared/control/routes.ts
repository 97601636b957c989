/**
 * The methods of a server, with all that stands before each of them.
 *
 * @module
 */
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import type { DescService } from "@gopool/proto/control";
import { Health, v1, v1alpha } from "@gopool/proto/grpc";
import type { Clock, Logger } from "@gopool/runtime";
import type { Access } from "./access.ts";
import { deadlines } from "./deadlines.ts";
import { faultsToLog } from "./faults.ts";
import { createGate } from "./gate.ts";
import { createHealth } from "./health.ts";
import { OPEN_READ_MAX_BYTES, READ_MAX_BYTES, TIMEOUT_MAX_MS, WRITE_MAX_BYTES } from "./limits.ts";
import { createProvided, type Provided } from "./provided.ts";
import { type Record, recorder } from "./record.ts";
import { createReflection } from "./reflection.ts";
import { rulesOf } from "./rules.ts";
import { validated } from "./validated.ts";

export interface RoutesOptions {
  /** Of all that will be provided. Each method needs a rule. */
  readonly serves: readonly DescService[];
  readonly access: Access;
  /** Whether the process can do its job: what /readyz says, and what health says of every service. */
  readonly ready: () => boolean;
  /** Told of each call that changes something, when it has ended. */
  readonly record: Record;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
  /** Aborts when the server ends, with what its streams are told. */
  readonly stop: AbortSignal;
}

export interface Routes extends Pick<Provided, "provide"> {
  readonly handlers: ConnectRouter["handlers"];
}

/** @throws {NoRule} A method says nothing of who may call it. */
export function createRoutes(options: RoutesOptions): Routes {
  const { serves, access, ready, record, clock, log, stop } = options;
  const all = [...serves, Health, v1.ServerReflection, v1alpha.ServerReflection];
  const rules = rulesOf(all);
  const router = createConnectRouter({
    acceptCompression: [compressionGzip],
    readMaxBytes: READ_MAX_BYTES,
    writeMaxBytes: WRITE_MAX_BYTES,
    maxTimeoutMs: TIMEOUT_MAX_MS,
    // Who guesses at fields is told so: an operator's misspelt field must not mean "all".
    jsonOptions: { ignoreUnknownFields: false },
    requestGate: createGate(access, rules),
    // From the outside in: the record sees what a call came to, though its caller has gone.
    interceptors: [
      faultsToLog(log),
      deadlines({ clock }),
      validated(),
      recorder(rules, record),
    ],
  });
  const provided = createProvided(serves);
  for (const service of serves) {
    const impl = provided.implOf(service);
    for (const method of service.methods) {
      // Streams end with the server; what is asked and answered may finish.
      const ends = method.methodKind === "unary" ? {} : { shutdownSignal: stop };
      router.rpc(method, impl[method.localName]!, ends);
    }
  }
  // Anybody may call these: their requests are names.
  const open = { readMaxBytes: OPEN_READ_MAX_BYTES };
  const names = all.map(({ typeName }) => typeName);
  // Not ended by `stop`: the last word of a watch is that nothing is served any more.
  router.service(Health, createHealth({ services: names, ready, clock, stop }), open);
  const reflection = createReflection(all);
  const ending = { ...open, shutdownSignal: stop };
  router.service(v1.ServerReflection, reflection.v1, ending);
  router.service(v1alpha.ServerReflection, reflection.v1alpha, ending);
  return { handlers: router.handlers, provide: provided.provide };
}
