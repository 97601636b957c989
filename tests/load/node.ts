/**
 * A simulated node whose blocks nobody finds; it makes one itself when told to. Run by main.ts only.
 *
 * @module
 */
import { startSimulatedNode } from "@gopool/node/simulated";
import { runProcess } from "@gopool/runtime";
import { saidBy, tell } from "./processes.ts";

/** Difficulty 65,536: no share of a run is a block. */
const NBITS = 0x1b00ffff;
/** A branch of nine steps. */
const TRANSACTIONS = 500;

await runProcess("node", async ({ clock, random, log, signal }) => {
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "load",
    password: "load",
    difficulty: { fixedBits: NBITS },
    transactionsPerBlock: TRANSACTIONS,
    clock,
    random,
    log,
  });
  tell("port", node.port);
  for await (const _ of saidBy(signal)) {
    tell("job", Date.now());
    node.mineBlock();
  }
});
