import { assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import { blockFound, type Bus, miningJobs, type Topic } from "@gopool/bus";
import { ConfigError } from "@gopool/config";
import { freshDatabase } from "@gopool/ledger/fixture";
import { seededRandom, systemClock } from "@gopool/runtime";
import { captureLog, freePort, tempDir, waitFor } from "@gopool/testing";
import { statusLine } from "./lines.ts";
import { openPool } from "./service.ts";
import { readSettings } from "./settings.ts";

/** A simulated pool in this process, its bus as the test wants it. Runs until it is disposed of. */
async function running(options: {
  readonly env?: Record<string, string>;
  readonly wrapBus?: (bus: Bus) => Bus;
}) {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await tempDir());
  const { url: ledgerUrl } = open.use(await freshDatabase({ migrated: true }));
  const env: Record<string, string> = {
    GOPOOL_DATA_DIR: folder.path,
    GOPOOL_LEDGER_URL: ledgerUrl,
    GOPOOL_BUS_URL: "memory:",
    GOPOOL_STRATUM_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_SIMULATED_NODE_PORT: String(freePort()),
    GOPOOL_API_LISTEN: `127.0.0.1:${freePort()}`,
    GOPOOL_DEMO_MINER: "off",
    ...options.env,
  };
  const log = captureLog();
  const stop = new AbortController();
  const { signal } = stop;
  const { wrapBus } = options;
  const pool = open.use(
    await openPool(readSettings({ args: [], env: (name) => env[name] }), {
      clock: systemClock,
      random: seededRandom(7),
      log: log.log,
      signal,
      ...(wrapBus === undefined ? {} : { wrapBus }),
    }),
  );
  const run = pool.run(signal);
  open.defer(async () => {
    stop.abort();
    await run;
  });
  const owned = open.move();
  return { pool, log, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The bus, but what `fails` names throws. */
function failing(bus: Bus, fails: (method: string, topic: Topic) => boolean): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (fails(String(name), args[0] as Topic)) throw new Error("The disk was pulled out");
        return value.apply(target, args);
      };
    },
  });
}

/** What blocksubmit asks when it begins. */
const asksOutcomes = (method: string, topic: Topic) =>
  method === "offsetAt" && topic === blockFound;

Deno.test("a service that fails is restarted by itself, is seen, and takes no other down", async () => {
  let faults = 0;
  await using it = await running({
    wrapBus: (bus) => failing(bus, (method, topic) => asksOutcomes(method, topic) && faults++ < 2),
  });
  await waitFor(() => it.log.having("part failed, will restart").length === 2, "two faults");
  assertEquals(it.log.having("part failed")[0]!.facts["part"], "blocksubmit");
  await waitFor(() => down(it).length === 0, "blocksubmit to be well again");
  assertEquals(it.log.having("part failed").length, 2);
  await waitFor(() => it.log.having("Point a miner at").length > 0, "the pool to come up");
});

Deno.test("a service that stays down is named, and the others go on", async () => {
  await using it = await running({ wrapBus: (bus) => failing(bus, asksOutcomes) });
  await waitFor(() => it.log.having("Point a miner at").length > 0, "the pool to come up");
  await waitFor(() => down(it).length > 0, "the fault to be seen");
  assertEquals(down(it), ["blocksubmit: restarting: The disk was pulled out"]);
  assertStringIncludes(statusLine(it.pool.view), "DOWN: blocksubmit");
  assertGreater((await it.pool.bus.ends(miningJobs))[0]!.next, 0);
});

Deno.test("an address of another network than the simulated node's is a mistake in the settings", async () => {
  const env = { GOPOOL_POOL_ADDRESS: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" };
  const error = await assertRejects(() => running({ env }), ConfigError);
  assertStringIncludes(error.message, "the node mines regtest (a simulated one");
});

function down({ pool }: Awaited<ReturnType<typeof running>>): string[] {
  return pool.view.board().filter(({ health }) => health === "down").map((p) =>
    `${p.part}: ${p.detail}`
  );
}
