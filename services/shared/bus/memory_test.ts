import { busContract } from "./contract.ts";
import { openBus } from "./mod.ts";

busContract("memory:", (clock) => openBus("memory:", { clock }));
