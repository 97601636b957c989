import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  blockCandidates,
  blockFound,
  blockSolved,
  type Bus,
  encodeRecord,
  miningJobs,
} from "@gopool/bus";
import { displayHash, type Hash, toHex } from "@gopool/chain";
import { BlockOutcome, BlockSolvedSchema, fromBinary, SubmitVerdict } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { NoSuchBlock } from "./desk.ts";
import { dossierOf, summaryOf, transactionsOf } from "./dossier_view.ts";
import {
  firstFound,
  foundOn,
  openTestBus,
  openTo,
  solve,
  startNode,
  withSubmitter,
} from "./fixture.ts";

const START = { unlogged: Infinity };
const signal = () => AbortSignal.timeout(60_000);
const hashOf = (record: { key?: Uint8Array }) => displayHash(record.key as Hash);

/** Outcomes of blocks that nobody here has seen. */
async function announced(bus: Bus, count: number, outcome = BlockOutcome.ACCEPTED) {
  const hashes: string[] = [];
  for (let i = 0; i < count; i++) {
    const hash = new Uint8Array(32).fill(outcome * 16 + i + 1);
    const facts = { pool: "test", hash, header: new Uint8Array(80), height: 1_000 + i };
    await bus.publish(blockFound, [encodeRecord(blockFound, { facts, outcome }, { key: hash })]);
    hashes.push(displayHash(hash as Hash));
  }
  return hashes;
}

Deno.test("the dossier of a block tells its share, its job, its bytes, its outputs, every answer and when each was", async () => {
  await using bus = await openTestBus();
  await using a = await startNode();
  await using b = await startNode();
  await using nodes = openTo(a, b);
  const plain = await solve(nodes);
  const hash = hashOf(plain);
  const job = {
    pool: "test",
    id: "0000000100000000",
    network: "regtest",
    templateId: "0000000100000007",
    coinbaseValue: 5_000_000_000n,
    createdAtMs: 7n,
    variants: [{ id: 0, name: "pool" }],
  };
  await bus.publish(miningJobs, [encodeRecord(miningJobs, job, { key: "test" })]);
  const whole = fromBinary(BlockSolvedSchema, plain.value.slice());
  const { $typeName: _, outputs: _none, ...known } = whole.facts!;
  const facts = {
    ...known,
    gateway: "gw-1",
    account: "bcrt1qsomebody",
    worker: "rig",
    outputs: [{
      sats: 5_000_000_000n,
      script: Uint8Array.from([0x00, 0x14, ...new Array(20).fill(5)]),
    }],
  };
  const candidate = { facts, session: "session-4711", receivedAtMs: 1_000n };
  const [logged] = await bus.publish(blockCandidates, [
    encodeRecord(blockCandidates, candidate, { key: plain.key! }),
  ]);
  const record = encodeRecord(blockSolved, {
    facts: { ...facts, foundAtMs: BigInt(logged!.loggedAtMs) },
    block: whole.block,
    receivedAtMs: candidate.receivedAtMs,
    builtAtMs: 2_000n,
  }, { key: plain.key! });
  await bus.publish(blockSolved, [record]);

  const check = (view: ReturnType<typeof dossierOf>, isInMemory: boolean) => {
    assertEquals(view.summary!.hash, hash);
    assertEquals([view.summary!.height, view.summary!.valueSats], [101, 5_000_000_000n]);
    assertEquals(view.summary!.foundAtMs, BigInt(logged!.loggedAtMs));
    assertEquals([view.share!.gateway, view.share!.worker], ["gw-1", "rig"]);
    // Who has a session's id can take its place.
    assertEquals(Deno.inspect(view).includes(candidate.session), false);
    assertEquals([view.job!.templateId, view.job!.variantName, view.job!.coinbaseValueSats], [
      "0000000100000007",
      "pool",
      5_000_000_000n,
    ]);
    assertEquals(view.contents, { bytes: whole.block.length, transactions: 1 });
    assertEquals(view.outputs![0]!.address, "bcrt1qq5zs2pg9q5zs2pg9q5zs2pg9q5zs2pg9ajutfp");
    assertEquals(view.header!.hex, toHex(facts.header));
    assertEquals(view.attempts!.map(({ node }) => node).toSorted(), [a.name, b.name].toSorted());
    assertEquals(view.missing, []);
    const t = view.timings!;
    assertEquals([t.shareReceivedAtMs, t.candidateLoggedAtMs, t.builtAtMs], [
      1_000n,
      BigInt(logged!.loggedAtMs),
      2_000n,
    ]);
    assertEquals([t.solvedLoggedAtMs! > 0n, t.foundLoggedAtMs! > 0n], [true, true]);
    assertEquals(t.takenAtMs! > 0n, isInMemory);
    assertEquals(t.firstSubmitAtMs! > 0n && t.firstAnswerAtMs! >= t.firstSubmitAtMs!, true);
  };
  await withSubmitter(bus, nodes, async ({ desk }) => {
    await firstFound(bus);
    await waitFor(async () => {
      const { foundLoggedAtMs, attempts } = await desk.find(hash, signal());
      return foundLoggedAtMs > 0 && attempts.length === 2;
    }, "its end, and the slower node's answer");
    check(dossierOf(await desk.whole(hash, signal())), true);
    assertEquals(toHex(await desk.bytes(hash, signal())), toHex(whole.block));
  });
  // Another process, later: all that matters stands on the topics.
  await withSubmitter(bus, nodes, async ({ desk }) => {
    check(dossierOf(await desk.whole(hash, signal())), false);
    assertEquals(toHex(await desk.bytes(hash, signal())), toHex(whole.block));
    const unknown = "00".repeat(32);
    await assertRejects(() => desk.find(unknown, signal()), NoSuchBlock, unknown);
  });
});

Deno.test("blocks are listed the newest first: those that are open, then those of the log, page by page", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const old = await announced(bus, 5);
  const lost = await announced(bus, 2, BlockOutcome.LOST);
  node.warmingUp(true);
  const open = await solve(nodes).catch(() => null);
  assertEquals(open, null, "a node that warms up gives no template");
  node.warmingUp(false);
  const record = await solve(nodes);
  node.warmingUp(true);
  await bus.publish(blockSolved, [record]);
  await withSubmitter(bus, nodes, async ({ desk }) => {
    const first = async () => (await desk.list(START, 1, null, signal())).blocks[0];
    await waitFor(async () => (await first())?.hash === hashOf(record), "the open one");
    assertEquals((await first())!.state, "open");
    const wanted = [hashOf(record), ...lost.toReversed(), ...old.toReversed()];
    for (const size of [1, 2, 3, 100]) {
      const hashes: string[] = [];
      let pages = 0;
      for (let at: Parameters<typeof desk.list>[0] | null = START; at !== null; pages++) {
        const page = await desk.list(at, size, null, signal());
        hashes.push(...page.blocks.map((one) => one.hash));
        assertEquals([page.trouble, page.blocks.length <= size], ["", true]);
        at = page.next;
      }
      assertEquals(hashes, wanted, `in pages of ${size}`);
    }
    const ofLost = await desk.list(START, 10, "lost", signal());
    assertEquals(ofLost.blocks.map((one) => one.hash), lost.toReversed());
    assertEquals(summaryOf(ofLost.blocks[0]!).height, 1_001);
  });
});

Deno.test("of several outcomes of a block the first accepted one is told, wherever it stands", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const hash = new Uint8Array(32).fill(9);
  const facts = { pool: "test", hash, header: new Uint8Array(80) };
  for (const outcome of [BlockOutcome.LOST, BlockOutcome.ACCEPTED, BlockOutcome.LOST]) {
    await bus.publish(blockFound, [encodeRecord(blockFound, { facts, outcome }, { key: hash })]);
  }
  await withSubmitter(bus, nodes, async ({ desk }) => {
    const name = displayHash(hash as Hash);
    assertEquals((await desk.find(name, signal())).state, "accepted");
    const listed = await desk.list(START, 10, null, signal());
    assertEquals(listed.blocks.map((one) => [one.hash, one.state]), [[name, "accepted"]]);
  });
});

Deno.test("with the bus away what is in memory is told, and what is missing is said", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  await bus.publish(blockSolved, [record]);
  let isAway = false;
  const leaving = new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "ends" && name !== "offsetAt") return value.bind(target);
      return (...args: unknown[]) =>
        isAway ? Promise.reject(new Error("no broker answers")) : value.apply(target, args);
    },
  });
  await withSubmitter(leaving, nodes, async ({ desk }) => {
    await firstFound(bus);
    const hash = hashOf(record);
    await waitFor(async () => (await desk.find(hash, signal())).foundLoggedAtMs > 0, "its end");
    isAway = true;
    const page = await desk.list(START, 10, null, signal());
    assertEquals(page.blocks.map((one) => one.hash), [hash]);
    assertStringIncludes(page.trouble, "no broker answers");
    const view = dossierOf(await desk.whole(hash, signal()));
    assertEquals(view.attempts!.map(({ verdict }) => verdict), [SubmitVerdict.ACCEPTED]);
    assertEquals(view.missing!.length, 2);
    assertStringIncludes(view.missing!.join(), "no broker answers");
  });
});

Deno.test("a block that was called lost is given again at an operator's word, and announced when a node has it", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const record = await solve(nodes);
  const hash = hashOf(record);
  const { facts } = fromBinary(BlockSolvedSchema, record.value.slice());
  await bus.publish(blockSolved, [record]);
  await bus.publish(blockFound, [
    encodeRecord(blockFound, {
      facts: { ...facts!, foundAtMs: BigInt(systemClock.now()) },
      outcome: BlockOutcome.LOST,
      reason: "Refused",
    }, { key: record.key! }),
  ]);
  await withSubmitter(bus, nodes, async ({ desk }) => {
    await waitFor(async () => (await desk.find(hash, signal())).state === "lost", "the outcome");
    assertEquals(node.height, 100);
    const first = await desk.again(hash, signal());
    assertEquals([first.before, first.after, node.height], ["lost", "accepted", 101]);
    assertEquals(first.attempts.map(({ again }) => again), [true]);
    const second = await desk.again(hash, signal());
    assertEquals([second.before, second.after], ["accepted", "accepted"]);
    assertEquals(second.attempts[0]!.attempt.verdict, SubmitVerdict.DUPLICATE);
  });
  assertEquals((await foundOn(bus)).map(({ outcome }) => outcome), [
    BlockOutcome.LOST,
    BlockOutcome.ACCEPTED,
  ]);
});

Deno.test("transactionsOf() reads the count in each of its lengths, and nothing from a block that is cut short", () => {
  const block = (...count: number[]) =>
    Uint8Array.from([...new Array<number>(80).fill(0), ...count]);
  assertEquals(transactionsOf(block(0xfc)), 252);
  assertEquals(transactionsOf(block(0xfd, 0x01, 0x02)), 0x0201);
  assertEquals(transactionsOf(block(0xfe, 0x01, 0x00, 0x01, 0x00)), 0x10001);
  assertEquals(transactionsOf(block(0xfd, 0x01)), 0);
  assertEquals(transactionsOf(block()), 0);
});
