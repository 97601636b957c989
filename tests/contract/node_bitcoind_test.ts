import { nodeContract } from "@gopool/node/contract";
import { openNode } from "@gopool/node";
import { systemClock } from "@gopool/runtime";
import { findBitcoind, startBitcoind } from "../real/bitcoind.ts";

const bitcoind = findBitcoind();

for (const zmq of [false, true]) {
  nodeContract(`Bitcoin Core${zmq ? " with ZMQ" : ""}`, async () => {
    const started = await startBitcoind(bitcoind!);
    const node = openNode(
      { url: started.url, ...(zmq ? { zmq: started.zmq } : {}) },
      { clock: systemClock },
    );
    return {
      node,
      network: "regtest",
      async [Symbol.asyncDispose]() {
        await node[Symbol.asyncDispose]();
        await started[Symbol.asyncDispose]();
      },
    };
  }, { ignore: bitcoind === null });
}
