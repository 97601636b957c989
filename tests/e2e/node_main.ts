/**
 * The simulated node as a process of its own, so that it can be killed. Run by node_process.ts only, with its folder,
 * port and bits as arguments.
 *
 * @module
 */
import { startSimulatedNode } from "@gopool/node/simulated";
import { runProcess } from "@gopool/runtime";

const [dataDir, port, fixedBits] = Deno.args;

await runProcess("node", async ({ clock, random, log, signal }) => {
  await using _node = await startSimulatedNode({
    dataDir: dataDir!,
    port: Number(port),
    user: "pool",
    password: "only-on-loopback",
    difficulty: { fixedBits: Number(fixedBits) },
    transactionsPerBlock: { min: 0, max: 20 },
    clock,
    random,
    log,
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve());
  await promise;
});
