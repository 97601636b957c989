/** The whole pool in one process. Run it by `deno task start`. @module */
import { groupLags } from "@gopool/bus";
import { runDaemon } from "@gopool/control";
import { holdFolder } from "@gopool/runtime";
import { GROUPS, SERVES } from "./control.ts";
import { quiet } from "./quiet.ts";
import { openPool } from "./service.ts";
import { settings } from "./settings.ts";

await runDaemon("poold", settings, { serves: SERVES }, async (daemon) => {
  const { config, log } = daemon;
  using _folder = await holdFolder(config.dataDir);
  await using pool = await openPool(config, { ...daemon, partsLog: quiet(log), control: daemon });
  daemon.lags(async () => [...await groupLags(pool.bus, GROUPS), ...await pool.lags()]);
  await daemon.runComposed(pool);
});
