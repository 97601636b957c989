/**
 * The pool as a process of its own, under the permissions that its settings need and no others, against a real node:
 * it finds blocks, drains, and goes on where it was.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { blockFound, type Bus, openBus, shareValid } from "@gopool/bus";
import { canonicalAddress, fromHex } from "@gopool/chain";
import { readConfig } from "@gopool/config";
import { freshDatabase } from "@gopool/ledger/fixture";
import { schema } from "@gopool/poold/config";
import { permissionFlags } from "@gopool/poold/permissions";
import { systemClock } from "@gopool/runtime";
import { freePort, tempDir, waitFor } from "@gopool/testing";
import { nodeKinds, type RealNode } from "../real/node.ts";
import { kill, type Running, spawn, stop, untilReady } from "../real/process.ts";
import { TestMiner } from "./miner.ts";

const MAIN = new URL("../../services/poold/main.ts", import.meta.url).pathname;
const address = (byte: string) => canonicalAddress(fromHex(`0014${byte.repeat(20)}`), "regtest")!;
const MINER = { username: `${address("99")}.rig`, userAgent: "cpuminer-opt/24.5" };
const BLOCKS = 10;

/** Starts poold as the launcher does, and waits until miners can connect. */
async function startProcess(env: Record<string, string>, port: number): Promise<Running> {
  const config = readConfig("poold", schema, { args: [], env: (name) => env[name] });
  const flags = permissionFlags(config, (name) => env[name]);
  const running = spawn(Deno.execPath(), ["run", "--quiet", "--no-prompt", ...flags, MAIN], env);
  try {
    await untilReady(running, "poold", async () => {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    });
    return running;
  } catch (error) {
    await kill(running);
    throw error;
  }
}

/** Mines blocks until the node has this many. */
async function mineTo(node: RealNode, miner: TestMiner, height: number): Promise<void> {
  while (Number(await node.call("getblockcount")) < height) {
    await miner.workOn(String(await node.call("getbestblockhash")));
    const { hash } = (await miner.share())!;
    await waitFor(async () => await node.call("getbestblockhash") === hash, `block ${hash}`);
  }
}

async function countOf(bus: Bus, topic: typeof blockFound | typeof shareValid): Promise<number> {
  const ends = await bus.ends(topic);
  return ends.reduce((sum, { next, earliest }) => sum + next - earliest, 0);
}

for (const { name, start } of await nodeKinds()) {
  Deno.test({
    name: `${name}: poold as a process drains on SIGINT with code 0 and goes on where it was`,
    ignore: start === null,
    async fn() {
      await using node = await start!();
      await using folder = await tempDir();
      const port = freePort();
      await using database = await freshDatabase({ migrated: true });
      const env = {
        ...node.settings,
        GOPOOL_POOL_ADDRESS: address("aa"),
        GOPOOL_STRATUM_LISTEN: `127.0.0.1:${port}`,
        GOPOOL_API_LISTEN: `127.0.0.1:${freePort()}`,
        GOPOOL_HEALTH_LISTEN: `127.0.0.1:${freePort()}`,
        GOPOOL_CONTROL_LISTEN: `127.0.0.1:${freePort()}`,
        GOPOOL_DATA_DIR: folder.path,
        GOPOOL_LEDGER_URL: database.url,
        GOPOOL_LOG_FORMAT: "json",
      };
      for (const run of [1, 2]) {
        const running = await startProcess(env, port);
        try {
          await using miner = await TestMiner.connect(port, MINER);
          await mineTo(node, miner, run * BLOCKS);
          // Every share was a block: one record each, over both runs.
          await using bus = await openBus(`sqlite:${folder.path}/bus.db`, { clock: systemClock });
          for (const topic of [shareValid, blockFound]) {
            await waitFor(async () => await countOf(bus, topic) >= run * BLOCKS, topic.name);
            assertEquals(await countOf(bus, topic), run * BLOCKS);
          }
          await stop(running);
          assertEquals((await running.child.status).code, 0, await running.printed);
        } finally {
          await kill(running);
        }
      }
    },
  });
}
