/** The whole pool in one process. Run it by `deno task start`. @module */
import { holdFolder, runProcess } from "@gopool/runtime";
import { quiet } from "./quiet.ts";
import { openPool } from "./service.ts";
import { readSettings } from "./settings.ts";

await runProcess("poold", async ({ args, env, clock, random, log, signal }) => {
  const config = readSettings({ args, env });
  using _folder = await holdFolder(config.dataDir);
  const partsLog = quiet(log);
  await using pool = await openPool(config, { clock, random, log, partsLog, signal });
  await pool.run(signal);
});
