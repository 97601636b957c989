/** The whole pool in one process. Run it by `deno task start`. @module */
import {
  createStatusBoard,
  holdFolder,
  type Phase,
  runProcess,
  serveHealth,
} from "@gopool/runtime";
import { quiet } from "./quiet.ts";
import { openPool } from "./service.ts";
import { readSettings } from "./settings.ts";

await runProcess("poold", async ({ args, env, clock, random, log, signal }) => {
  const config = readSettings({ args, env });
  using _folder = await holdFolder(config.dataDir);
  const board = createStatusBoard(clock);
  let isOpen = false;
  const phase = (): Phase => signal.aborted ? "stopping" : isOpen ? "working" : "starting";
  await using _health = config.healthListen &&
    serveHealth(config.healthListen, { name: "poold", board, clock, phase });
  const partsLog = quiet(log);
  await using pool = await openPool(config, { clock, random, log, partsLog, signal, board });
  isOpen = true;
  await pool.run(signal);
});
