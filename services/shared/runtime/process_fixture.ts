/**
 * A process whose first argument says how it is to end: process_test.ts runs it.
 *
 * @module
 */
import { ConfigError, HelpRequested } from "@gopool/config";
import { FatalError, type Process, runProcess } from "./mod.ts";

const [how = ""] = Deno.args;

const bodies: Record<string, (process: Process) => Promise<void>> = {
  returns: () => Promise.resolve(),
  throws: () => Promise.reject(new Error("the disk is gone")),
  fatal: () =>
    Promise.reject(
      new AggregateError([new Error("beside it"), new FatalError("the port is taken")], "Several"),
    ),
  async opens({ log, signal }) {
    log.info("ready");
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    );
  },
  config: () => Promise.reject(new ConfigError("fixture", ["GOPOOL_X is required (x)"])),
  help: () => Promise.reject(new HelpRequested("Usage: fixture")),
  async drains({ clock, log, signal }) {
    log.info("ready");
    await clock.sleep(60_000, signal);
    await clock.sleep(300);
    log.info("drained");
  },
  async stuck({ log }) {
    log.info("ready");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  /** Does not drain, under a short grace. */
  late: (process) => bodies.stuck!(process),
  async rejection({ clock, log, signal }) {
    log.info("ready");
    Promise.reject(new Error("nobody looks"));
    await clock.sleep(60_000, signal);
    log.info("drained");
  },
  async callback({ clock, log, signal }) {
    setTimeout(() => {
      throw new Error("nobody catches");
    });
    await clock.sleep(60_000, signal);
    log.info("drained");
  },
  leaves() {
    Deno.listen({ hostname: "127.0.0.1", port: 0 });
    setTimeout(() => {}, 60_000);
    return Promise.resolve();
  },
  permissions({ env, envNames, log }) {
    log.info("seen", { listed: envNames !== undefined, allowed: env("GOPOOL_LOG_LEVEL") });
    return Promise.resolve();
  },
};

await runProcess("fixture", bodies[how]!, how === "late" ? { graceMs: 500 } : {});
