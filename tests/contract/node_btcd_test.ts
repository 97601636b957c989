import { nodeContract } from "@gopool/node/contract";
import { openNode } from "@gopool/node";
import { systemClock } from "@gopool/runtime";
import { findBtcd, startBtcd } from "../real/btcd.ts";

const btcd = await findBtcd();

nodeContract("btcd", async () => {
  const started = await startBtcd(btcd!);
  const node = openNode({ url: started.url }, { clock: systemClock });
  return {
    node,
    network: "regtest",
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
    },
  };
}, { ignore: btcd === null });
