import { nodeContract, spendingContract } from "@gopool/node/contract";
import { openNode } from "@gopool/node";
import { systemClock } from "@gopool/runtime";
import { findBitcoind, startBitcoind } from "../real/bitcoind.ts";

const bitcoind = findBitcoind();

for (const zmq of [false, true]) {
  const open = async () => {
    const started = await startBitcoind(bitcoind!);
    const node = openNode(
      { url: started.url, ...(zmq ? { zmq: started.zmq } : {}) },
      { clock: systemClock },
    );
    return {
      node,
      network: "regtest" as const,
      async [Symbol.asyncDispose]() {
        await node[Symbol.asyncDispose]();
        await started[Symbol.asyncDispose]();
      },
    };
  };
  const name = `Bitcoin Core${zmq ? " with ZMQ" : ""}`;
  nodeContract(name, open, { ignore: bitcoind === null });
  // Blocks are noticed otherwise with ZMQ, payments are not.
  if (!zmq) spendingContract(name, open, { ignore: bitcoind === null });
}
