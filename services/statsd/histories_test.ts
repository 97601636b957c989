/**
 * statsd at work on a real log and a real store, through random histories: shares come and are published again, statsd
 * are started, stopped and killed, two share the partitions, the store is away. In the end the store has every consumed
 * source offset once; and on the way no total of it falls.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Bus, openBus } from "@gopool/bus";
import { seededRandom } from "@gopool/runtime";
import { type Series, SeriesUnavailable, type Status, type Subject } from "@gopool/series";
import { openState } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { isWritten, judgedShare, put, run, type Running, START_MS, tempSeries } from "./fixture.ts";
import { HOLD_MS } from "./limits.ts";
import { SOURCES } from "./sources.ts";

const PARTITIONS = 2;
const MINUTES = 12;
const WORKERS = ["", "one", "two"];
const ACCOUNTS = ["bc1qfirst", "bc1qsecond"];

/** A store as several processes see it: without positions where `keeps` is false, away while `isAway`. */
class Gate {
  isAway = false;
  readonly seen: Series;

  constructor(series: Series, keeps: boolean) {
    const away = () => Promise.reject(new SeriesUnavailable("it is away"));
    this.seen = new Proxy(series, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === Symbol.asyncDispose) return () => Promise.resolve();
        return (...args: unknown[]) => {
          if (this.isAway) return away();
          if (name === "positions" && !keeps) return Promise.resolve(null);
          return value.apply(target, args);
        };
      },
    });
  }
}

/** What was published, and what of it counts. */
class Judge {
  readonly #sources: Record<string, number> = {};
  readonly #sent: Record<string, { source: number; value: Uint8Array }[]> = {};
  readonly counts = new Map<string, number>();
  minute = 0;

  constructor(readonly bus: Bus, readonly random: { uint32(): number }) {}

  async publish(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const source = SOURCES[this.random.uint32() % SOURCES.length]!;
      const partition = this.random.uint32() % PARTITIONS;
      const account = ACCOUNTS[this.random.uint32() % ACCOUNTS.length]!;
      const worker = WORKERS[this.random.uint32() % WORKERS.length]!;
      const place = `${source.status}/${partition}`;
      const offset = this.#sources[place] = (this.#sources[place] ?? -1) + 1 +
        this.random.uint32() % 3;
      const value = judgedShare(offset, {
        sourcePartition: partition,
        account,
        worker,
        loggedAtMs: START_MS + this.minute * 60_000 + offset % 60_000,
      });
      (this.#sent[place] ??= []).push({ source: offset, value });
      await put(this.bus, source.topic, partition, value);
      const key = `${source.status}/${account}/${worker}/${this.minute}`;
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    }
  }

  /** As after a crash of the judge, or by an operator's word. */
  async again(): Promise<void> {
    const source = SOURCES[this.random.uint32() % SOURCES.length]!;
    const partition = this.random.uint32() % PARTITIONS;
    const sent = this.#sent[`${source.status}/${partition}`] ?? [];
    const from = Math.max(0, sent.length - this.random.uint32() % 20);
    const values = sent.slice(from).map(({ value }) => value);
    if (values.length > 0) await put(this.bus, source.topic, partition, ...values);
  }
}

/** Shares by status, account, worker and minute, as the store has them. */
async function stored(series: Series): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const ranges = Array.from({ length: MINUTES }, (_, minute) => ({
    fromMs: START_MS + minute * 60_000,
    untilMs: START_MS + (minute + 1) * 60_000,
  }));
  for (const account of ACCOUNTS) {
    for (const worker of WORKERS) {
      const subject: Subject = { kind: "worker", account, worker };
      for (const [minute, sum] of (await series.sums(subject, ranges)).entries()) {
        const shares: Record<Status, number> = {
          valid: sum.valid.shares,
          rejected: sum.rejected,
          stale: sum.stale,
        };
        for (const [status, count] of Object.entries(shares)) {
          if (count > 0) found.set(`${status}/${account}/${worker}/${minute}`, count);
        }
      }
    }
  }
  return found;
}

const sorted = (counts: ReadonlyMap<string, number>) =>
  [...counts].sort(([a], [b]) => a < b ? -1 : 1);

async function history(seed: number, keeps: boolean): Promise<void> {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const pick = (n: number) => random.uint32() % n;
  await using bus = await openBus("memory:", { clock, sharePartitions: PARTITIONS });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  const judge = new Judge(bus, random);
  const alive = new Set<{ running: Running; gate: Gate }>();
  let isAway = false;
  let low = new Map<string, number>();

  const start = async (): Promise<void> => {
    // One process writes a file; a store without positions takes several.
    if (alive.size >= (keeps ? 1 : 2)) return;
    const gate = new Gate(series, keeps);
    gate.isAway = isAway;
    alive.add({
      running: await run({ bus, series: gate.seen, clock, state, seed: pick(1e6) }),
      gate,
    });
  };
  const end = async (isKilled: boolean): Promise<void> => {
    const [one] = alive;
    if (one === undefined) return;
    alive.delete(one);
    // Who is killed writes nothing more, at whatever moment that is.
    if (isKilled) one.gate.isAway = true;
    await passing(clock, one.running.stop());
  };
  const nothingFell = async (): Promise<void> => {
    const now = await stored(series);
    for (const [key, count] of low) {
      assert((now.get(key) ?? 0) >= count, `${key} fell from ${count} to ${now.get(key)}`);
    }
    low = now;
  };

  for (let i = 0; i < 40; i++) {
    switch (pick(9)) {
      case 0:
        await start();
        break;
      case 1:
        await end(true);
        break;
      case 2:
        await end(false);
        break;
      case 3:
        await judge.again();
        break;
      case 4:
        isAway = !isAway;
        for (const { gate } of alive) gate.isAway = isAway;
        break;
      case 5:
        judge.minute = Math.min(MINUTES - 1, judge.minute + pick(3));
        break;
      default:
        await judge.publish(1 + pick(30));
    }
    await clock.advance(pick(4) * 700);
    await nothingFell();
  }

  isAway = false;
  for (const { gate } of alive) gate.isAway = false;
  await start();
  await clock.advance(HOLD_MS + 30_000);
  for (const { running } of alive) {
    if (alive.size === 1) {
      assert(await isWritten(bus, running), JSON.stringify(running.board.all()));
    }
  }
  await nothingFell();
  assertEquals(sorted(await stored(series)), sorted(judge.counts));
  while (alive.size > 0) await end(false);
  assertEquals(sorted(await stored(series)), sorted(judge.counts));
}

/** Lets fake time pass until a promise is settled. */
async function passing(clock: FakeClock, done: Promise<void>): Promise<void> {
  let isDone = false;
  const ended = done.finally(() => isDone = true);
  while (!isDone) await clock.advance(100);
  await ended;
}

for (const keeps of [true, false]) {
  for (const seed of [1, 2, 3]) {
    const who = keeps ? "the store" : "the group";
    Deno.test(`each source offset counts once through history ${seed}, positions kept by ${who}`, () =>
      history(seed, keeps));
  }
}
