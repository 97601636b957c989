import { assertEquals } from "@std/assert";
import { create, type Job, JobSchema } from "@gopool/proto";
import { FakeClock } from "@gopool/testing";
import { factsOf, JobBook, type JobTiming, type Making } from "./job_book.ts";
import { JOBS_KEPT } from "./limits.ts";
import { TEMPLATE } from "./node_fixture.ts";

const job = (term: number, n: number): Job =>
  create(JobSchema, {
    id: term.toString(16).padStart(8, "0") + n.toString(16).padStart(8, "0"),
  });

function books() {
  const clock = new FakeClock();
  const told: string[] = [];
  const timings: JobTiming[] = [];
  const book = new JobBook({
    clock,
    tell: ({ job: { id }, own }) =>
      told.push(`${id} ${own === null ? "read" : own.publishedAtMs === null ? "unsure" : "own"}`),
    observe: (timing) => timings.push(timing),
  });
  const making = (more: Partial<Making> = {}): Making => ({
    cause: "new-tip",
    template: null,
    madeAtMs: clock.now(),
    madeMonotonicMs: clock.monotonic(),
    tipToMadeMs: 12,
    ...more,
  });
  return { clock, book, told, timings, making };
}

Deno.test("a job of this process is out when the bus has confirmed it, and told when the log has it too", async () => {
  const { clock, book, told, timings, making } = books();
  const one = job(1, 1);
  book.making(one, making());
  assertEquals([book.current, told, timings], [null, [], []]);
  await clock.advance(30);
  book.published(one.id);
  assertEquals(book.current!.own!.madeToPublishedMs, 30);
  assertEquals(book.current!.own!.publishedAtMs, clock.now());
  assertEquals(timings, [
    { cause: "new-tip", empty: true, tipToMadeMs: 12, madeToPublishedMs: 30 },
  ]);
  assertEquals([told, book.past(5)], [[], []]);
  book.logged(one, 77);
  book.logged(one, 77); // at least once
  assertEquals(told, [`${one.id} own`]);
  assertEquals(book.past(5).map(({ loggedAtMs }) => loggedAtMs), [77]);
});

Deno.test("a job that is read back before the bus confirms it is told once, with all that is known", () => {
  const { book, told, making } = books();
  const one = job(1, 1), two = job(1, 2);
  book.making(one, making());
  book.logged(one, 1);
  assertEquals([told, book.past(5)], [[], []]);
  book.published(one.id);
  book.making(two, making());
  book.logged(two, 2);
  book.unconfirmed(two.id);
  assertEquals(told, [`${one.id} own`, `${two.id} unsure`]);
  assertEquals(book.current!.job.id, two.id);
});

Deno.test("a job that the bus did not take is never out", () => {
  const { book, told, timings, making } = books();
  const one = job(1, 1);
  book.making(one, making());
  book.unconfirmed(one.id);
  assertEquals([book.current, told, timings], [null, [], []]);
});

Deno.test("of the highest term the last job is out; late ones of a deposed leader are none", () => {
  const { book, told } = books();
  book.logged(job(1, 9), 1);
  book.logged(job(2, 0), 2);
  book.logged(job(1, 10), 3);
  assertEquals([book.current!.job.id, book.term], [job(2, 0).id, 2]);
  assertEquals(told, [`${job(1, 9).id} read`, `${job(2, 0).id} read`]);
  assertEquals(book.get(job(1, 10).id), null);
  assertEquals(book.past(1).map(({ job }) => job.id), [job(2, 0).id]);
  assertEquals(book.past(0), []);
});

Deno.test("the memory of jobs is bounded, and never loses the one that is out", () => {
  const { book, making } = books();
  book.logged(job(1, 1), 1);
  for (let n = 2; n < JOBS_KEPT + 50; n++) book.making(job(1, n), making()); // a bus that takes none
  assertEquals(book.current!.job.id, job(1, 1).id);
  assertEquals(book.get(job(1, 2).id), null);
  for (let n = 1; n < JOBS_KEPT + 50; n++) book.logged(job(2, n), n);
  assertEquals(book.past(1_000).length, JOBS_KEPT);
});

Deno.test("a template's sigops are known where every transaction tells its own", () => {
  const [one, two] = TEMPLATE.transactions;
  const facts = (...sigops: (number | undefined)[]) =>
    factsOf(
      {
        transactions: sigops.map((n, i) => {
          const { sigops: _, ...bare } = i === 0 ? one! : two!;
          return n === undefined ? bare : { ...bare, sigops: n };
        }),
      },
      "a:1",
      5,
    );
  const weight = one!.weight + two!.weight;
  assertEquals(facts(4, 8), { node: "a:1", atMs: 5, transactions: 2, weight, sigops: 12 });
  assertEquals(facts(undefined, 8).sigops, null);
  assertEquals(facts(8, undefined).sigops, null);
  assertEquals(facts().sigops, 0);
});
