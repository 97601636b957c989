/**
 * A process of its own for the bench of catching up: `deno run catch_up_fixture.ts fill|read BUS SHARES PARTITIONS`.
 * `fill` writes valid shares to a log, `read` counts them into fresh books and prints what that took. SHARES is a
 * multiple of BATCH.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { openBus, shareValid } from "@gopool/bus";
import { createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { address, BOOKS, onPartition, openBooks, START_MS, validShare } from "./fixture.ts";
import { createShareKeeper } from "./keeper.ts";

const BATCH = 2_000;
const ACCOUNTS = 2_000;
/** Shares a millisecond of the log's time. */
const PER_MS = 1;
const DEADLINE_MS = 900_000;
const LOOK_EVERY_MS = 250;

const [mode, place, sharesText, partitionsText] = Deno.args as [string, string, string, string];
const shares = Number(sharesText);
const partitions = Number(partitionsText);
const names = Array.from({ length: ACCOUNTS }, (_, n) => address(n));
await using bus = await openBus(place, { clock: systemClock, sharePartitions: partitions });
if (mode === "fill") await fill();
else console.log(JSON.stringify(await read()));

async function fill(): Promise<void> {
  for (let from = 0; from < shares; from += BATCH) {
    const partition = from / BATCH % partitions;
    const begin = Math.floor(from / BATCH / partitions) * BATCH;
    const records = Array.from({ length: BATCH }, (_, i) => {
      const offset = begin + i;
      const value = validShare(offset, offset - 1, {
        sourcePartition: partition,
        account: names[(from + i) * 7919 % ACCOUNTS]!,
        worker: `rig-${i % 3}`,
        work: 1n << 40n,
        loggedAtMs: START_MS + Math.floor((from + i) / PER_MS),
      });
      return onPartition(value, partition);
    });
    await bus.publish(shareValid, records);
  }
}

async function read() {
  await using ledger = await openBooks();
  const board = createStatusBoard(systemClock);
  const stop = new AbortController();
  const parts = { bus, ledger, clock: systemClock, log: silent, board, books: BOOKS };
  const beforeBytes = Deno.memoryUsage().rss;
  const startMs = performance.now();
  const running = createShareKeeper(parts).run(stop.signal);
  let mostBytes = 0;
  let lookedMs = 0;
  await waitFor(
    async () => {
      mostBytes = Math.max(mostBytes, Deno.memoryUsage().rss);
      if (performance.now() - lookedMs < LOOK_EVERY_MS) return false;
      lookedMs = performance.now();
      const [row] = await ledger.ask<{ next: bigint | null }>(
        "SELECT sum(next_offset)::bigint AS next FROM share_position",
      );
      return row!.next === BigInt(shares);
    },
    "the end of share.valid",
    { deadlineMs: DEADLINE_MS },
  );
  const ms = performance.now() - startMs;
  stop.abort();
  await running;
  const [sums] = await ledger.ask("SELECT sum(shares)::int AS shares FROM slice_minute");
  assertEquals(sums, { shares });
  return { ms, mostBytes, beforeBytes };
}
