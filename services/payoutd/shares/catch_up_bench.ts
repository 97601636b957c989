/**
 * A payoutd that has been away: how fast it counts what stands on the embedded log, and what memory that takes. Budget:
 * 250 MB resident while it catches up on five million shares, its own runtime included. Here with fewer; with all of them:
 * GOPOOL_TEST_CATCH_UP=5000000 deno bench -P=tests services/payoutd/shares/catch_up_bench.ts (some 2 GB on disk, and a
 * server: GOPOOL_TEST_POSTGRES).
 *
 * @module
 */
import { assert } from "@std/assert";

const SHARES = Number(Deno.env.get("GOPOOL_TEST_CATCH_UP") ?? 400_000);
const RSS_BUDGET = 250e6;
const PARTITIONS = 8;

const folder = Deno.makeTempDirSync({ prefix: "gopool_catch_up_" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** In processes of their own: what a bench's process takes is no matter here. */
async function run(mode: "fill" | "read"): Promise<string> {
  const script = new URL("./catch_up_fixture.ts", import.meta.url).pathname;
  const place = `sqlite:${folder}/bus.db`;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", script, mode, place, String(SHARES), String(PARTITIONS)],
    stderr: "inherit",
  }).output();
  assert(success, `${mode} failed`);
  return new TextDecoder().decode(stdout);
}

await run("fill");
const { ms, mostBytes, beforeBytes } = JSON.parse(await run("read"));
const mb = (bytes: number) => Math.round(bytes / 1e6);
console.log(
  `${SHARES} shares in ${(ms / 1_000).toFixed(1)} s: ${
    Math.round(SHARES * 1_000 / ms)
  } a second; resident at most ` +
    `${mb(mostBytes)} MB, ${mb(beforeBytes)} MB before`,
);
assert(mostBytes <= RSS_BUDGET, "too much memory");
