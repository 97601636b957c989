import { assertEquals, assertLessOrEqual, assertObjectMatch } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  type ContractAdapter,
  eventually,
  promising,
  put,
  texts,
  Watcher,
} from "./contract_stand.ts";
import { CONSUME_RETRY } from "./port.ts";
import { miningJobs, shareSubmissions } from "./topics.ts";

export function handlersContract(adapter: ContractAdapter): void {
  const promises = promising(adapter);

  promises("hands over batches of at most batchMax, in order, one at a time", async (stand) => {
    const values = Array.from({ length: 25 }, (_, i) => `${i}`);
    await put(stand.bus, miningJobs, 0, ...values);
    let inHand = 0;
    const sizes: number[] = [];
    const watcher = new Watcher(stand, miningJobs, { batchMax: 10 }, async (batch) => {
      inHand += 1;
      assertEquals(inHand, 1);
      assertLessOrEqual(batch.messages.length, 10);
      sizes.push(batch.messages.length);
      await Promise.resolve();
      inHand -= 1;
    });
    await waitFor(() => watcher.seen().length === 25, "every batch");
    assertEquals(watcher.seen(), values);
    assertEquals(sizes.reduce((a, b) => a + b), 25);
  });

  promises("works the partitions side by side", async (stand) => {
    await put(stand.bus, shareSubmissions, 0, "slow");
    await put(stand.bus, shareSubmissions, 1, "quick");
    const slow = stand.gate();
    const watcher = new Watcher(stand, shareSubmissions, {}, (batch) => {
      if (batch.partition === 0) return slow.opened;
    });
    await waitFor(() => watcher.seen().length === 1, "the quick partition");
    await put(stand.bus, shareSubmissions, 1, "quick again");
    await waitFor(() => watcher.seen().length === 2, "the quick partition again");
    assertEquals(watcher.seen(), ["quick", "quick again"]);
    slow.open();
    await waitFor(() => watcher.seen().length === 3, "the slow partition");
  });

  promises("hands a busy handler nothing, and afterwards what came meanwhile", async (stand) => {
    await put(stand.bus, miningJobs, 0, "first");
    const busy = stand.gate(), working = stand.gate();
    let handed = 0;
    const watcher = new Watcher(stand, miningJobs, { batchMax: 5 }, () => {
      handed += 1;
      working.open();
      return busy.opened;
    });
    await working.opened;
    const later = Array.from({ length: 20 }, (_, i) => `${i}`);
    for (const value of later) await put(stand.bus, miningJobs, 0, value);
    assertEquals(handed, 1);
    busy.open();
    await waitFor(() => watcher.seen().length === 21, "every record");
    assertEquals(watcher.seen(), ["first", ...later]);
    const sizes = watcher.batches.map((b) => b.messages.length);
    assertEquals(sizes[0], 1);
    assertLessOrEqual(Math.max(...sizes), 5);
  });

  promises(
    "shows a batch again until its handler succeeds, telling each failure",
    async (stand) => {
      await put(stand.bus, miningJobs, 0, "a", "b");
      await put(stand.bus, shareSubmissions, 0, "other");
      const tries: string[][] = [];
      const watcher = new Watcher(stand, miningJobs, { group: "judges" }, async (batch) => {
        tries.push(texts(batch));
        // More on the log does not change the batch that comes again.
        await put(stand.bus, miningJobs, 0, `${tries.length}`);
        if (tries.length < 4) throw new Error(`try ${tries.length}`);
      });
      await eventually(stand, () => watcher.seen().length >= 2, "the fourth try");
      assertEquals(tries.slice(0, 4), Array(4).fill(["a", "b"]));
      assertEquals(watcher.troubles.map((t) => t.error?.message), [
        "try 1",
        "try 2",
        "try 3",
        undefined,
      ]);
      assertObjectMatch(watcher.troubles[0]!, {
        kind: "handler-threw",
        topic: miningJobs.name,
        group: "judges",
        partition: 0,
        offset: 0,
      });
      assertObjectMatch(watcher.troubles[3]!, { kind: "recovered", partition: 0 });
      await eventually(stand, () => watcher.seen().length >= 6, "what came meanwhile");
      assertEquals(watcher.seen().slice(0, 6), ["a", "b", "1", "2", "3", "4"]);
    },
  );

  promises("does not move the position of a batch that is refused", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a");
    const watcher = new Watcher(stand, miningJobs, {}, () => {
      throw new Error("never");
    });
    await eventually(stand, () => watcher.troubles.length >= 3, "three tries");
    await watcher.stop();
    assertEquals((await stand.bus.committed(miningJobs, "readers"))[0] ?? 0, 0);
  });

  promises("holds up no other partition for a handler that throws", async (stand) => {
    await put(stand.bus, shareSubmissions, 0, "bad");
    await put(stand.bus, shareSubmissions, 1, "good");
    const watcher = new Watcher(stand, shareSubmissions, {}, (batch) => {
      if (batch.partition === 0) throw new Error("bad");
    });
    await waitFor(
      () => watcher.troubles.length > 0 && watcher.seen(1).length === 1,
      "the good one",
    );
    await put(stand.bus, shareSubmissions, 1, "good again");
    await waitFor(() => watcher.seen(1).length === 2, "the good one again");
  });

  if (!adapter.takesTheClock) return;

  promises("waits longer before each further try, up to a bound", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a");
    const triedAt: number[] = [];
    new Watcher(stand, miningJobs, {}, () => {
      triedAt.push(stand.clock.monotonic());
      throw new Error("never");
    });
    await waitFor(async () => {
      await stand.clock.advance(CONSUME_RETRY.lastMs);
      return triedAt.length >= 10;
    }, "ten tries");
    const waits = triedAt.slice(1).map((at, i) => at - triedAt[i]!);
    const { firstMs, lastMs } = CONSUME_RETRY;
    assertEquals(waits.slice(0, 9), [1, 2, 4, 8, 16, 32, 64, 100, 100].map((n) => n * firstMs));
    assertEquals(waits[8], lastMs);
  });
}
