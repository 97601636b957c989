/**
 * A process's control address with two services whose work can be held, and a client of it. Imported by tests only.
 *
 * @module
 */
import { ControlService, Role } from "@gopool/proto/control";
import {
  aborted,
  createEvents,
  createStatusBoard,
  loggerWithEvents,
  logLevel,
  readinessOf,
  setLogLevel,
  systemClock,
} from "@gopool/runtime";
import { FakeClock, silent, waitFor } from "@gopool/testing";
import { createAccess } from "./access.ts";
import { controlClient } from "./client.ts";
import { createControlRpc, type GroupLag } from "./control_rpc.ts";
import { createDrains } from "./drains.ts";
import { createLevels } from "./levels.ts";
import { createLife } from "./life.ts";
import { createProfiler } from "./profile.ts";
import type { RecordedCall } from "./record.ts";
import { serveControl } from "./server.ts";

const TOKEN = "0123456789abcdef";

/** A process with two services, whose work takes until `finish` is called, and a client of it. */
export async function stand() {
  await using open = new AsyncDisposableStack();
  const clock = new FakeClock();
  const stop = new AbortController();
  const { signal } = stop;
  const level = logLevel();
  setLogLevel("info");
  open.defer(() => setLogLevel(level));
  const events = createEvents(clock);
  const board = createStatusBoard(clock, (change) => events.emit({ kind: "part", ...change }));
  const life = createLife({ clock, signal, events });
  const drains = createDrains({ clock, board, onPhase: life.onPhase });
  const levels = open.use(createLevels(clock));
  const inHand = new Set<PromiseWithResolvers<void>>();
  const runs: string[] = [];
  const parts = ["stratumd", "shareproc"].map((name) =>
    drains.wrap({
      name,
      async run(stopped) {
        runs.push(name);
        board.set(name, "ok", "running");
        await aborted(stopped);
        const work = Promise.withResolvers<void>();
        inHand.add(work);
        await work.promise;
        inHand.delete(work);
      },
    })
  );
  const whole = drains.wrapWhole({
    name: "poold",
    run: async (stopped) => {
      await Promise.all(parts.map(({ run }) => run(stopped)));
    },
  });
  const finish = () => inHand.forEach(({ resolve }) => resolve());
  const calls: RecordedCall[] = [];
  let lags = (): Promise<GroupLag[]> => Promise.resolve([]);
  const server = open.use(
    await serveControl({
      listen: { host: "127.0.0.1", port: 0 },
      access: createAccess({
        tokens: [{ name: "ann", roles: [Role.OPERATE], token: TOKEN }],
      }),
      serves: [ControlService],
      ready: () => readinessOf(life.now().phase, board.all()).ready,
      record(call) {
        calls.push(call);
        events.emit({ kind: "call", ...call });
      },
      clock: systemClock,
      log: silent,
    }),
  );
  open.defer(() => events.close());
  server.provide(
    ControlService,
    createControlRpc({
      name: "poold",
      clock,
      startedAtMs: clock.now(),
      board,
      phase: life.now,
      drains,
      events,
      levels,
      profiler: createProfiler(systemClock),
      settings: [
        { variable: "GOPOOL_A", value: "1", source: "flag", from: "--a", help: "a number" },
        {
          variable: "GOPOOL_B",
          value: "(secret)",
          source: "file",
          from: "GOPOOL_B_FILE",
          help: "",
        },
      ],
      lags: () => lags(),
      signal,
    }),
  );
  const running = whole.run(signal);
  const client = open.use(
    controlClient(`http://127.0.0.1:${server.port}`, TOKEN, { protocol: "connect" }),
  );
  const owned = open.move();
  return {
    clock,
    board,
    events,
    log: loggerWithEvents(silent, events),
    runs,
    calls,
    finish,
    inHand,
    stop,
    call: client(ControlService),
    setLags: (read: typeof lags) => lags = read,
    async [Symbol.asyncDispose]() {
      stop.abort();
      // Nothing of it needs time but what is in hand.
      await waitFor(() => {
        finish();
        return drains.whole().phase === "drained";
      }, "the services to end");
      await running;
      await owned.disposeAsync();
    },
  };
}
