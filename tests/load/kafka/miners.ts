/**
 * Miners who send shares at a fixed rate until they are told to stop. Run by latency.ts only.
 *
 * @module
 */
import { runProcess } from "@gopool/runtime";
import { Fleet } from "../fleet.ts";
import { openLoop } from "../modes.ts";
import { saidBy, tell } from "../processes.ts";

/** Shares of one miner under way: beyond it the share is late. */
const PLACES = 32;
/** Histograms begin anew that often. */
const SPELL_MS = 2_000;

await runProcess("miners", async ({ args: [port, miners, perSecond], signal }) => {
  await using fleet = await Fleet.login(Number(port), Number(miners), PLACES);
  tell("ready", 1);
  let late = 0, mining = true;
  const spells = (async () => {
    while (mining) {
      const times = { perSecond: Number(perSecond), warmMs: 0, runMs: SPELL_MS };
      ({ late } = { late: late + (await openLoop(fleet, Deno.pid, times)).late });
    }
  })();
  for await (const _ of saidBy(signal)) break;
  mining = false;
  await spells;
  tell("late", late);
  tell("refused", fleet.refusedCount);
  tell("problems", fleet.problemCount);
  tell("accepted", fleet.accepted);
});
