import { assert, assertEquals, assertGreater } from "@std/assert";
import { call, startTestNode } from "./node_fixture.ts";

/** Mines as fast as it can on a chain on disk and says each block's hash once the node has it. */
const CHILD = (dataDir: string) => `
  import { startTestNode } from ${JSON.stringify(import.meta.resolve("./node_fixture.ts"))};
  const node = await startTestNode({ dataDir: ${
  JSON.stringify(dataDir)
}, transactionsPerBlock: 5 });
  for (let i = 0; ; i++) {
    console.log((i % 7 === 6 ? node.reorganise(2) : node.mineBlock()).hash);
    await new Promise((resolve) => setTimeout(resolve));
  }
`;

Deno.test("a node killed in the middle of its work has every block that it said it had", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    for (let round = 0; round < 3; round++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--ext=ts", CHILD(dataDir)],
        cwd: import.meta.dirname!,
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let said = "";
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        said += part;
        // Between two blocks or within one: where the signal strikes is chance.
        if (said.split("\n").length > 20) {
          try {
            child.kill("SIGKILL");
          } catch {
            // It is gone already; the rest of what it said comes still.
          }
        }
      }
      assertEquals((await child.status).signal, "SIGKILL");
      const hashes = said.split("\n").slice(0, -1);
      assertGreater(hashes.length, 19);
      await using node = await startTestNode({ dataDir });
      for (const hash of hashes) {
        const header = await call(node, "getblockheader", [hash]);
        assertEquals(header.hash, hash);
      }
      const last = await call(node, "getblockheader", [hashes.at(-1)!]);
      assert(last.confirmations >= 1, "the last block it spoke of is on the best chain");
      node.mineBlock();
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
