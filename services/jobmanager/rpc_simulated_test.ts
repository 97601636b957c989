/**
 * JobService over a simulated node in real time, as each of the three protocols brings it.
 *
 * @module
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { openBus } from "@gopool/bus";
import type { Protocol } from "@gopool/control";
import { startTestChain } from "@gopool/node/fixture";
import { type ExplainedJob, JobCause, ProposalResult, TellingWay } from "@gopool/proto/control";
import { createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { waitFor } from "@gopool/testing";
import { POOL_SCRIPT, SETTINGS } from "./fixture.ts";
import { serveJobs } from "./rpc_fixture.ts";
import { createJobmanager } from "./service.ts";

async function pool() {
  await using open = new AsyncDisposableStack();
  const chain = open.use(await startTestChain({ transactionsPerBlock: 3 }));
  const clock = systemClock;
  const bus = open.use(await openBus("memory:", { clock }));
  const state = open.use(await openState(new URL("memory:"), { clock }));
  const board = createStatusBoard(clock);
  const stop = new AbortController();
  const { nodes } = chain;
  const jobmanager = createJobmanager({
    ...{ bus, state, nodes, clock, board, log: silent, holder: "a", settings: SETTINGS },
  });
  const running = jobmanager.run(stop.signal);
  open.defer(async () => {
    stop.abort();
    await running;
  });
  await waitFor(() => jobmanager.desk.book.past(1).length === 1, "the first job");
  const owned = open.move();
  return { chain, nodes, desk: jobmanager.desk, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

for (const protocol of ["grpc", "grpc-web", "connect"] satisfies Protocol[]) {
  Deno.test(`a block that the simulated node finds is told and explained over ${protocol}`, async () => {
    await using p = await pool();
    await using served = await serveJobs(p, protocol);
    const { jobs } = served;
    const gone = new AbortController();
    const watch = jobs.watchJobs({ past: 1 }, { signal: gone.signal })[Symbol.asyncIterator]();
    // Others may come between: a slow machine's looks, a refresh.
    const until = async (is: (job: ExplainedJob) => boolean): Promise<ExplainedJob> => {
      for (;;) {
        const { job } = (await watch.next()).value!;
        if (is(job!)) return job!;
      }
    };
    const first = await until(() => true);
    const [block] = p.chain.sim.mineTo(POOL_SCRIPT, 1);
    const told = await until(({ height, empty }) => height > first.height && !empty);
    assertEquals([told.height, told.cause], [first.height + 1, JobCause.NEW_TIP]);
    const { job, template } = await jobs.getJob({ id: told.id });
    assert(job && template && block);
    assertEquals(job, told);
    assertGreater(job.transactions!, 0);
    assert(job.sigops !== undefined && job.weight! > 0 && template.weightLimit === 4_000_000);
    assert(job.tipToMadeMs! > 0 && job.madeToPublishedMs! > 0);
    const [telling] = job.tellings;
    assertEquals([telling!.node, telling!.atMs], [p.chain.node.name, job.tipAtMs]);
    assert(telling!.way === TellingWay.LONG_POLL || telling!.way === TellingWay.POLL);
    assert(job.variants.every(({ proposal }) => proposal === ProposalResult.GOOD));

    const asked = await jobs.refreshJob({});
    assertEquals([asked.job!.cause, asked.job!.previousHash], [JobCause.ASKED, job.previousHash]);
    await until(({ id }) => id === asked.job!.id);
    const { nodes, tipHash } = await jobs.listNodes({});
    assertEquals([nodes.length, nodes[0]!.tipHash, nodes[0]!.givesWork], [1, tipHash, true]);
    assertEquals(tipHash, job.previousHash);
    assert(nodes[0]!.latencyMs! > 0 && nodes[0]!.answers > 0n && nodes[0]!.failures === 0n);
    const preferred = await jobs.preferNode({ node: nodes[0]!.name, forMs: 60_000 });
    assertEquals(preferred.givesWork, nodes[0]!.name);
    const { layouts } = await jobs.listLayouts({ result: ProposalResult.GOOD });
    assert(layouts.some(({ variant, inUse }) => variant === "pool" && inUse));
    gone.abort();
    await watch.next().catch(() => {});
    await waitFor(() => p.desk.watchers.size === 0, "the watcher to be gone");
  });
}
