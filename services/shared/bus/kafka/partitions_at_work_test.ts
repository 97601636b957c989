import { assertEquals } from "@std/assert";
import { PartitionsAtWork } from "./partitions_at_work.ts";

/** A member whose work on a partition ends when it was told to and the test says so. */
class Workers {
  readonly log: string[] = [];
  readonly #ends = new Map<number, () => void>();

  async run(partition: number, signal: AbortSignal): Promise<void> {
    this.log.push(`begins ${partition}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.set(partition, resolve);
    signal.addEventListener("abort", () => this.log.push(`is to end ${partition}`));
    await promise;
    this.log.push(`ended ${partition}`);
  }

  end(partition: number): void {
    this.#ends.get(partition)!();
  }
}

Deno.test("a partition that comes back while its old work ends is begun anew when that has ended", async () => {
  const workers = new Workers();
  const work = new PartitionsAtWork(workers);
  assertEquals(work.take([0, 1], false), undefined);
  const given = work.take([0], false);
  // A third member has come and gone.
  const again = work.take([0, 1], false);
  assertEquals(work.owned(), [0, 1]);
  assertEquals(work.mayCommit(1), true);
  workers.end(1);
  await Promise.all([given, again]);
  // The group meets again because of `again`.
  assertEquals(work.take([0, 1], false), undefined);
  assertEquals(workers.log, ["begins 0", "begins 1", "is to end 1", "ended 1", "begins 1"]);
  const ended = work.end();
  workers.end(0);
  workers.end(1);
  await ended;
});

Deno.test("what a member did that the group had given up counts for nothing, and all begins anew", async () => {
  const workers = new Workers();
  const work = new PartitionsAtWork(workers);
  work.take([0, 1], false);
  const again = work.take([0], true);
  assertEquals([work.mayCommit(0), work.mayCommit(1)], [false, false]);
  assertEquals(work.owned(), [0, 1]);
  workers.end(0);
  workers.end(1);
  await again;
  assertEquals(work.take([0, 1], false), undefined);
  assertEquals([work.mayCommit(0), work.mayCommit(1)], [true, true]);
  assertEquals(workers.log.slice(-2), ["begins 0", "begins 1"]);
  const ended = work.end();
  workers.end(0);
  workers.end(1);
  await ended;
});
