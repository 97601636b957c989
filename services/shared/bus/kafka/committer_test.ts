import { assertEquals, assertRejects } from "@std/assert";
import { Committer } from "./committer.ts";

Deno.test("positions of a moment go in one request, the newest of each partition", async () => {
  const written: [number, number][][] = [];
  const committer = new Committer((positions) => {
    written.push([...positions]);
    return Promise.resolve();
  });
  const first = committer.set(0, 1);
  await Promise.all([first, committer.set(1, 7), committer.set(0, 2), committer.settle()]);
  assertEquals(written, [[[0, 2], [1, 7]]]);
});

Deno.test("requests never overtake each other, and one that fails fails whoever waits for it", async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const begun: number[] = [];
  const committer = new Committer((positions) => {
    begun.push(positions.get(0)!);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    return gate.promise;
  });
  const first = committer.set(0, 1);
  // Settling waits for the same writes; here each is looked at by itself.
  committer.settle().catch(() => {});
  while (begun.length < 1) await new Promise((resolve) => setTimeout(resolve));
  const second = committer.set(0, 2);
  committer.settle().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(begun, [1]);
  const failed = assertRejects(() => first, Error, "away");
  gates[0]!.reject(new Error("away"));
  await failed;
  while (begun.length < 2) await new Promise((resolve) => setTimeout(resolve));
  gates[1]!.resolve();
  await second;
  assertEquals(begun, [1, 2]);
});

Deno.test("whatever is set while a request is out rides in one after it, however often it is settled", async () => {
  const written: [number, number][][] = [];
  const gate = Promise.withResolvers<void>();
  const committer = new Committer((positions) => {
    written.push([...positions]);
    return written.length === 1 ? gate.promise : Promise.resolve();
  });
  const sets = [committer.set(0, 1), committer.settle()];
  while (written.length < 1) await new Promise((resolve) => setTimeout(resolve));
  for (const partition of [1, 2, 3]) {
    sets.push(committer.set(partition, 5), committer.settle());
    await new Promise((resolve) => setTimeout(resolve));
  }
  gate.resolve();
  await Promise.all(sets);
  assertEquals(written, [[[0, 1]], [[1, 5], [2, 5], [3, 5]]]);
});
