import { nodeContract, spendingContract } from "@gopool/node/contract";
import { openNode } from "@gopool/node";
import { systemClock } from "@gopool/runtime";
import { findBtcd, startBtcd } from "../real/btcd.ts";

const btcd = await findBtcd();

const open = async () => {
  const started = await startBtcd(btcd!);
  const node = openNode({ url: started.url }, { clock: systemClock });
  return {
    node,
    network: "regtest" as const,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
    },
  };
};

for (const contract of [nodeContract, spendingContract]) {
  contract("btcd", open, { ignore: btcd === null });
}
