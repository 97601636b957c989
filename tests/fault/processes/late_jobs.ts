/**
 * shareproc with one thing changed: what it reads of `mining.jobs` comes five seconds late. Run by
 * processes_test.ts only, under shareproc's own permissions.
 *
 * @module
 */
import { type Bus, busOptionsOf, miningJobs, openBus } from "@gopool/bus";
import { runDaemon } from "@gopool/control";
import { systemClock } from "@gopool/runtime";
import { createShareproc } from "@gopool/shareproc";
import { settings } from "@gopool/shareproc/config";

const BEHIND_MS = 5_000;

function withLateJobs(bus: Bus): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "follow") return typeof value === "function" ? value.bind(target) : value;
      const follow: Bus["follow"] = (topic, options, handle) => {
        if (topic.name !== miningJobs.name) return target.follow(topic, options, handle);
        return target.follow(topic, options, async (batch, signal) => {
          const newestMs = Math.max(...batch.messages.map(({ loggedAtMs }) => loggedAtMs));
          await systemClock.sleep(newestMs + BEHIND_MS - systemClock.now(), signal);
          await handle(batch, signal);
        });
      };
      return follow;
    },
  });
}

await runDaemon("shareproc", settings, { serves: [] }, async (daemon) => {
  const { config, clock, signal } = daemon;
  await using bus = await daemon.open(
    "bus",
    (onTrouble) => openBus(config.busUrl, { ...busOptionsOf(config), clock, signal, onTrouble }),
  );
  const { poolName: pool, logEpoch } = config;
  await daemon.run(createShareproc({ ...daemon, bus: withLateJobs(bus), pool, logEpoch }));
});
