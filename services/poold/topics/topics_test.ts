import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  blockFound,
  type Bus,
  encodeRecord,
  miningJobs,
  openBus,
  shareRejected,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import {
  BlockFoundSchema,
  BlockOutcome,
  create,
  type JudgedShare,
  JudgedShareSchema,
  type ShareSubmission,
  ShareSubmissionSchema,
  Verdict,
} from "@gopool/proto";
import { decodeSubmission } from "@gopool/shares";
import { FakeClock } from "@gopool/testing";
import { counted, countTopic } from "./count.ts";
import { listTopics } from "./list.ts";
import { rejectRecord, republishFrom } from "./notes.ts";
import { tailTopic, topicNamed } from "./tail.ts";

type Fields<T> = Partial<Omit<T, "$typeName" | "$unknown">>;
const clock = new FakeClock();
const open = () => openBus("memory:", { clock, sharePartitions: 2 });

/** Collects what a command prints. */
function printer() {
  const lines: string[] = [];
  return { lines, print: (line: string) => void lines.push(line) };
}

async function submit(bus: Bus, partition: number, fields: Fields<ShareSubmission> = {}) {
  const share = create(ShareSubmissionSchema, { verdict: Verdict.ACCEPTED, ...fields });
  await bus.publish(shareSubmissions, [encodeRecord(shareSubmissions, share, { partition })]);
}

/** Valid records of one partition, by source offset and the one before. */
async function book(bus: Bus, ...links: readonly (readonly [offset: number, previous: number])[]) {
  const logId = await bus.logId();
  for (const [offset, previous] of links) {
    await bus.publish(shareValid, [judged({
      logId,
      sourceOffset: BigInt(offset),
      previousValidOffset: BigInt(previous),
      headerHash: new Uint8Array(32).fill(offset + 1),
    })]);
  }
}

function judged(fields: Fields<JudgedShare>) {
  return encodeRecord(shareValid, create(JudgedShareSchema, fields), { partition: 0 });
}

Deno.test("the list has every topic, its records, and how far behind each group is", async () => {
  await using bus = await open();
  for (let i = 0; i < 3; i++) await submit(bus, 1);
  const stop = new AbortController();
  await bus.consume(
    shareSubmissions,
    { group: "shareproc", batchMax: 2, signal: stop.signal },
    () => Promise.resolve(stop.abort()),
  );
  const { lines, print } = printer();
  await listTopics(bus, print);
  const line = lines.find((one) => one.startsWith("share.submissions"))!;
  assertEquals(line.split(/ {2,}/), ["share.submissions", "2", "3", "0 3", "shareproc 1"]);
  assertEquals(lines.length, 12, "a head and eleven topics");

  lines.length = 0;
  await listTopics(bus, print, true);
  const json = lines.map((one) => JSON.parse(one)).find(({ topic }) =>
    topic === "share.submissions"
  );
  assertEquals([json.records, json.behind], [3, { shareproc: 1 }]);
});

Deno.test("tail prints the last ten of each partition, or all from an offset", async () => {
  await using bus = await open();
  for (let i = 0; i < 15; i++) await submit(bus, 0, { worker: `w${i}` });
  await submit(bus, 1, { worker: "other" });
  const { lines, print } = printer();
  const tail = (options: Parameters<typeof tailTopic>[2]) => {
    lines.length = 0;
    return tailTopic(bus, shareSubmissions, options, print, new AbortController().signal);
  };
  await tail({});
  assertEquals(lines.length, 11);
  assertStringIncludes(lines[0]!, "0/5 2026-01-01T00:00:00.000Z");
  assertStringIncludes(lines[0]!, "worker=w5");
  await tail({ from: 0 });
  assertEquals(lines.length, 16);
  await tail({ from: 13, partition: 0 });
  assertEquals(lines.map((line) => /worker=(\w+)/.exec(line)![1]), ["w13", "w14"]);
  await tail({ from: 0, partition: 1, json: true });
  assertEquals(JSON.parse(lines[0]!), {
    topic: "share.submissions",
    partition: 1,
    offset: 0,
    loggedAt: "2026-01-01T00:00:00.000Z",
    message: { worker: "other", verdict: "VERDICT_ACCEPTED" },
  });
});

Deno.test("tail shows bytes as hex, long ones cut in text and whole in JSON, and what it cannot read", async () => {
  await using bus = await open();
  const facts = {
    height: 7,
    header: new Uint8Array(80).fill(0xab),
    hash: new Uint8Array(32).fill(1),
  };
  const found = create(BlockFoundSchema, { facts, outcome: BlockOutcome.LOST, reason: "Buried" });
  await bus.publish(blockFound, [encodeRecord(blockFound, found, { key: facts.hash })]);
  await bus.publish(blockFound, [{ value: Uint8Array.of(0xff), key: facts.hash }]);
  const { lines, print } = printer();
  await tailTopic(bus, blockFound, {}, print, new AbortController().signal);
  assertStringIncludes(lines[0]!, `header=${"ab".repeat(32)}… (80 bytes)`);
  assertStringIncludes(lines[0]!, "outcome=BLOCK_OUTCOME_LOST reason=Buried");
  assertStringIncludes(lines[1]!, "unreadable=");
  lines.length = 0;
  await tailTopic(bus, blockFound, { json: true }, print, new AbortController().signal);
  assertEquals(JSON.parse(lines[0]!).message.facts.header, "ab".repeat(80));
});

Deno.test("tail --follow goes on with what comes until it is stopped", async () => {
  await using bus = await open();
  await submit(bus, 0, { worker: "before" });
  const { lines, print } = printer();
  const stop = new AbortController();
  const more = Promise.withResolvers<void>();
  const tailing = tailTopic(bus, shareSubmissions, { follow: true }, (line) => {
    print(line);
    if (lines.length === 2) more.resolve();
  }, stop.signal);
  await submit(bus, 0, { worker: "after" });
  await more.promise;
  stop.abort();
  await tailing;
  assertStringIncludes(lines[1]!, "worker=after");
});

Deno.test("names, partitions and offsets that are none are told as sentences", async () => {
  await using bus = await open();
  await submit(bus, 0);
  const tail = (options: Parameters<typeof tailTopic>[2]) =>
    tailTopic(bus, shareSubmissions, options, () => {}, new AbortController().signal);
  assertThrows(() => topicNamed("share.vaild"), RangeError, 'There is no topic "share.vaild"');
  await assertRejects(() => tail({ partition: 2 }), RangeError, "has no partition 2: it has 2");
  await assertRejects(() => tail({ from: 2 }), RangeError, "share.submissions has no offset 2 yet");
  await assertRejects(
    () => tail({ from: 1, partition: 1 }),
    RangeError,
    "share.submissions/1 has no offset 1 yet: the next one is 0",
  );
  await tail({ from: 1 });
  const note = { partition: 0, reason: "r" };
  for (const offset of [1, 99]) {
    await assertRejects(
      () => rejectRecord(bus, { ...note, offset }, () => {}),
      RangeError,
      `has no offset ${offset}: it holds 0 to 0`,
    );
  }
  await assertRejects(
    () => republishFrom(bus, { partition: 1, from: 0, reason: "r" }, () => {}),
    RangeError,
    "holds nothing",
  );
  assertEquals((await bus.ends(shareSubmissions)).map(({ next }) => next), [1, 0]);
});

Deno.test("valid shares are counted by the chain rule: repeats once, and nothing beyond a gap", async () => {
  await using bus = await open();
  await book(bus, [0, -1], [2, 0], [2, 0], [0, -1], [5, 2]);
  assertEquals(await counted(bus, shareValid), {
    topic: "share.valid",
    records: 5,
    distinct: 3,
    withheld: 0,
    troubles: [],
  });
  await book(bus, [9, 7]);
  const gap = await counted(bus, shareValid);
  assertEquals([gap.records, gap.distinct, gap.withheld], [6, 3, 1]);
  assertEquals(gap.troubles, [
    "share.valid/0 offset 5: gap: valid shares between 5 and 7 were never seen",
  ]);
  await book(bus, [7, 5], [9, 7]);
  assertEquals((await counted(bus, shareValid)).distinct, 5);
});

Deno.test("marks are records but no shares, and an epoch behind the log's id is the same log", async () => {
  await using bus = await open();
  const logId = `${await bus.logId()}.second`;
  await bus.publish(shareValid, [
    judged({ logId, mark: true }),
    judged({ logId, sourceOffset: 3n, previousValidOffset: -1n }),
  ]);
  const { records, distinct, troubles } = await counted(bus, shareValid);
  assertEquals([records, distinct, troubles], [2, 1, []]);
});

Deno.test("a share of another log is a fault and is not counted", async () => {
  await using bus = await open();
  await bus.publish(shareValid, [
    judged({ logId: await bus.logId(), previousValidOffset: -1n }),
    judged({ logId: "another", sourceOffset: 1n, previousValidOffset: 0n }),
  ]);
  const { distinct, withheld, troubles } = await counted(bus, shareValid);
  assertEquals([distinct, withheld, troubles.length], [1, 1, 1]);
});

Deno.test("refused shares are counted by where they came from, blocks by hash, jobs each", async () => {
  await using bus = await open();
  const logId = await bus.logId();
  await bus.publish(
    shareRejected,
    [0n, 0n, 1n].map((sourceOffset) => judged({ logId, sourceOffset })),
  );
  const value = new Uint8Array();
  const key = (n: number) => new Uint8Array(32).fill(n);
  await bus.publish(blockFound, [1, 1, 2].map((n) => ({ key: key(n), value })));
  await bus.publish(miningJobs, [1, 1].map((n) => ({ key: key(n), value })));
  const distinct = async (topic: Parameters<typeof counted>[1]) =>
    (await counted(bus, topic)).distinct;
  assertEquals(
    [await distinct(shareRejected), await distinct(blockFound), await distinct(miningJobs)],
    [2, 2, 2],
  );
});

Deno.test("count prints a sentence and its troubles, or JSON", async () => {
  await using bus = await open();
  await book(bus, [0, -1], [4, 2]);
  const { lines, print } = printer();
  await countTopic(bus, shareValid, {}, print);
  assertEquals(lines[0], "share.valid: 2 records, 1 distinct");
  assert(lines[1]!.includes("gap"));
  lines.length = 0;
  await countTopic(bus, shareValid, { json: true }, print);
  assertEquals(JSON.parse(lines[0]!).distinct, 1);
});

Deno.test("an operator's word stands in the log of the partition it is about", async () => {
  await using bus = await open();
  await submit(bus, 1);
  await submit(bus, 1);
  const { lines, print } = printer();
  await rejectRecord(bus, { partition: 1, offset: 1, reason: "job lost, says Ada" }, print);
  await republishFrom(bus, { partition: 1, from: 0, reason: "sums were restored" }, print);
  const words = [];
  for await (const { messages } of bus.read(shareSubmissions, 1, 2)) {
    for (const { value } of messages) words.push(decodeSubmission(value).operator);
  }
  assertEquals(words.map((word) => [word?.rejectOffset, word?.republishFrom, word?.reason]), [
    [1, undefined, "job lost, says Ada"],
    [undefined, 0, "sums were restored"],
  ]);
  assertEquals(lines, [
    "share.submissions/1 offset 1 is to be rejected: job lost, says Ada",
    "share.submissions/1 is to be judged and published again from offset 0",
  ]);
});

Deno.test("where retention has taken the oldest shares the count begins at the first that is left", async () => {
  const later = new FakeClock();
  await using bus = await openBus("memory:", { clock: later, sharePartitions: 1 });
  await book(bus, [0, -1], [4, 0]);
  await later.advance(40 * 86_400_000);
  await book(bus, [6, 4], [7, 6]);
  assertEquals((await bus.ends(shareValid))[0]!.earliest, 2);
  const { records, distinct, troubles } = await counted(bus, shareValid);
  assertEquals([records, distinct, troubles], [2, 2, []]);
});
