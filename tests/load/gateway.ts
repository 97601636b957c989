/**
 * One stratumd by itself: the real gateway on an embedded log, its jobs written by this program in the job
 * manager's stead, and nobody who judges. Run by main.ts only.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { createAccess, serveControl } from "@gopool/control";
import { Role, SessionService } from "@gopool/proto/control";
import { createStatusBoard, runProcess } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { createStratumd } from "@gopool/stratumd";
import { createSessionRpc } from "@gopool/stratumd/rpc";
import { makeJob, POOL, publishJob } from "./jobs.ts";
import { saidBy, tell } from "./processes.ts";
import { CONTROL_TOKEN, EVERY_HASH, MANY_SESSIONS } from "./settings.ts";

await runProcess("gateway", async ({ args, clock, random, log, signal }) => {
  const [dataDir] = args;
  await using bus = await openBus(`sqlite:${dataDir}/bus.db`, { clock });
  await using state = await openState(new URL("memory:"), { clock });
  await publishJob(bus, makeJob(0));
  const stratumd = createStratumd({
    bus,
    state,
    clock,
    random,
    log,
    board: createStatusBoard(clock),
    config: {
      dataDir: dataDir!,
      poolName: POOL,
      stratumListen: { host: "127.0.0.1", port: 0 },
      gateway: "load",
      prefix: null,
      sharesPerMinute: 15,
      startDifficulty: EVERY_HASH,
      minDifficulty: EVERY_HASH,
      variant: "pool",
      versionMask: 0x1fffe000,
      maxSessions: MANY_SESSIONS,
      maxSessionsPerAddress: MANY_SESSIONS,
      maxConnectsPerAddress: 1_000_000,
      reusePort: false,
      vardiff: "off",
    },
  });
  await using control = await serveControl({
    listen: { host: "127.0.0.1", port: 0 },
    serves: [SessionService],
    access: createAccess({ tokens: [{ name: "load", roles: [Role.READ], token: CONTROL_TOKEN }] }),
    ready: () => true,
    record: () => {},
    clock,
    log,
  });
  control.provide(SessionService, createSessionRpc({ stratumd, gateway: "load", clock }));
  const running = stratumd.run(signal);
  tell("control", control.port);
  tell("port", await Promise.race([stratumd.listening, running.then(() => 0)]));
  let serial = 0;
  for await (const _ of saidBy(signal)) {
    tell("job", Date.now());
    await publishJob(bus, makeJob(++serial));
  }
  await running;
});
