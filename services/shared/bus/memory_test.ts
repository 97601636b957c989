import { busContract } from "./contract.ts";
import { CONTRACT_PARTITIONS } from "./contract_stand.ts";
import { openBus } from "./mod.ts";

busContract({
  name: "memory:",
  open: (clock) => openBus("memory:", { clock, sharePartitions: CONTRACT_PARTITIONS }),
  takesTheClock: true,
});
