/** The whole pool in one process. Run it by `deno task start`. @module */
import { readConfig } from "@gopool/config";
import { runProcess } from "@gopool/runtime";
import { schema } from "./config.ts";
import { holdFolder } from "./folder_lock.ts";
import { openPool } from "./service.ts";

await runProcess("poold", async ({ args, env, clock, random, log, signal }) => {
  const config = readConfig("poold", schema, { args, env });
  using _folder = await holdFolder(config.dataDir);
  await using pool = await openPool(config, { clock, random, log, signal });
  await pool.run(signal);
});
