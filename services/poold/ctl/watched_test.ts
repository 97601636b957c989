import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { FakeClock } from "@gopool/testing";
import { upTo } from "./paging.ts";
import { watched } from "./watched.ts";

/** A stream that goes on until it is told to end, as a call does. */
async function* endless(signal: AbortSignal, ended: { by: boolean }) {
  try {
    for (let n = 0;; n++) {
      signal.throwIfAborted();
      yield n;
      signal.throwIfAborted();
      if (n === 2) {
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      }
    }
  } finally {
    ended.by = signal.aborted;
  }
}

Deno.test("a stream ends at Ctrl-C, after its time, or when it is left, and its call with it", async () => {
  const whole = async (act: (stop: AbortController) => void, forMs?: number) => {
    const stop = new AbortController(), ended = { by: false }, seen: number[] = [];
    const deps = { clock: systemClock, signal: stop.signal };
    for await (const n of watched(deps, (signal) => endless(signal, ended), forMs)) {
      seen.push(n);
      if (n === 2) act(stop);
    }
    return { seen, ended: ended.by };
  };
  assertEquals(await whole((stop) => stop.abort()), { seen: [0, 1, 2], ended: true });
  assertEquals(await whole(() => {}, 20), { seen: [0, 1, 2], ended: true });

  const ended = { by: false };
  const deps = { clock: new FakeClock(), signal: new AbortController().signal };
  for await (const _ of watched(deps, (signal) => endless(signal, ended), 1_000)) break;
  assertEquals(deps.signal.aborted, false);
});

Deno.test("what the server says of a stream reaches the one who watches", async () => {
  const deps = { clock: systemClock, signal: new AbortController().signal };
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new Error("it is gone");
  }
  await assertRejects(
    async () => {
      for await (const _ of watched(deps, broken)) continue;
    },
    Error,
    "it is gone",
  );
});

Deno.test("pages are asked for until there is enough, or no more", async () => {
  const asked: [number, string][] = [];
  const rows = (most: number) =>
    upTo(most, ({ pageSize, pageToken }) => {
      asked.push([pageSize, pageToken]);
      const from = Number(pageToken || 0), to = Math.min(from + pageSize, 2_500);
      const rows = Array.from({ length: to - from }, (_, i) => from + i);
      return Promise.resolve({ rows, next: to === 2_500 ? "" : String(to) });
    });
  assertEquals((await rows(5)).length, 5);
  assertEquals((await rows(1_200)).length, 1_200);
  assertEquals((await rows(9_000)).length, 2_500);
  assertEquals(asked, [[5, ""], [1_000, ""], [200, "1000"], [1_000, ""], [1_000, "1000"], [
    1_000,
    "2000",
  ]]);
});
