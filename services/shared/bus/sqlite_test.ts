import { busContract } from "./contract.ts";
import { CONTRACT_PARTITIONS } from "./contract_stand.ts";
import { openBus } from "./mod.ts";

const folder = await Deno.makeTempDir({ prefix: "gopool_bus_" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
let files = 0;

busContract({
  name: "sqlite:",
  open: (clock) =>
    openBus(`sqlite:${folder}/${files++}.db`, { clock, sharePartitions: CONTRACT_PARTITIONS }),
  takesTheClock: true,
});
