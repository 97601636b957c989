/**
 * Up to where minutes stay as they are: everything logged before is judged, counted and written, on every partition.
 * Each statsd finds that out for the partitions it reads and says so in the state; the least of all counts.
 *
 * Asked in this order, each answer is true when the next is asked: which submissions were logged before the minute's
 * end, that the judges have committed them (they commit after publishing), where the result topics then end, and later
 * that everything before those ends is in the store.
 *
 * @module
 */
import { type Bus, shareSubmissions } from "@gopool/bus";
import type { Clock, StatusBoard } from "@gopool/runtime";
import type { State } from "@gopool/state";
import {
  MINUTE_MS,
  SETTLE_AFTER_MS,
  SETTLE_EVERY_MS,
  SETTLED_AGAIN_MS,
  SETTLED_TTL_MS,
} from "./limits.ts";
import type { Part } from "./part.ts";
import { JUDGES, SOURCES } from "./sources.ts";

export interface SettlingDeps {
  readonly bus: Pick<Bus, "offsetAt" | "committed" | "ends" | "partitions">;
  readonly state: Pick<State, "get" | "set">;
  readonly clock: Clock;
  readonly board: StatusBoard;
  readonly pool: string;
  readonly parts: () => Iterable<Part>;
}

/** What one part has to have written for a minute's end to be settled there. */
interface Goal {
  readonly untilMs: number;
  readonly next: number;
}

/** What a part is settled up to, and when that was last said. */
interface Said {
  readonly part: Part;
  untilMs: number;
  saidMs: number;
  saidAtMs: number;
}

const BOARD_PART = "statsd/settled";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Settling {
  readonly #said = new Map<string, Said>();
  readonly #goals = new Map<string, Goal>();
  /** What it still waits for, in a sentence; null: nothing. */
  waitsFor: string | null = null;

  constructor(private readonly deps: SettlingDeps) {}

  /** Looks again and again until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, board } = this.deps;
    while (!signal.aborted) {
      try {
        await this.look();
        await this.#say();
        board.clear(BOARD_PART);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        board.set(BOARD_PART, "degraded", `It is not known which minutes are over: ${words}`);
      }
      await clock.sleep(SETTLE_EVERY_MS, signal);
    }
  }

  /** Asks the bus about the newest minute that is over, for the parts that want to know. */
  async look(): Promise<void> {
    const { clock, parts } = this.deps;
    const untilMs = Math.floor((clock.now() - SETTLE_AFTER_MS) / MINUTE_MS) * MINUTE_MS;
    const wanting: Part[] = [];
    const alive = new Set<string>();
    for (const part of parts()) {
      alive.add(part.name);
      this.#reach(part);
      const { untilMs: known } = this.#saidOf(part);
      if (known < untilMs && !this.#goals.has(part.name)) wanting.push(part);
    }
    for (const name of this.#said.keys()) if (!alive.has(name)) this.#forget(name);
    if (wanting.length > 0) await this.#ask(wanting, untilMs);
  }

  /** ... on one of this process's parts; 0: not known. */
  untilOf(name: string): number {
    return this.#said.get(name)?.untilMs ?? 0;
  }

  /** The end of the newest minute that is settled everywhere; 0: not known. @throws {StateUnavailable} */
  async everywhere(): Promise<number> {
    const { bus } = this.deps;
    let least = Infinity;
    for (const { topic, status } of SOURCES) {
      const partitions = await bus.partitions(topic);
      for (let partition = 0; partition < partitions; partition++) {
        least = Math.min(least, await this.#of(`${status}/${partition}`));
      }
    }
    return Number.isFinite(least) ? least : 0;
  }

  async #ask(parts: readonly Part[], untilMs: number): Promise<void> {
    const { bus } = this.deps;
    const wanted = await bus.offsetAt(shareSubmissions, untilMs);
    const judged = await bus.committed(shareSubmissions, JUDGES);
    const behind = wanted.findIndex((offset, partition) => (judged[partition] ?? 0) < offset);
    this.waitsFor = behind < 0
      ? null
      : `share.submissions/${behind} is judged up to offset ${
        judged[behind] ?? 0
      }, the minute needs ${wanted[behind]}`;
    for (const { topic } of SOURCES) {
      const mine = parts.filter(({ source }) => source.topic === topic);
      if (mine.length === 0) continue;
      const ends = await bus.ends(topic);
      for (const part of mine) {
        const { partition, name } = part;
        if ((judged[partition] ?? 0) < wanted[partition]!) continue;
        this.#goals.set(name, { untilMs, next: ends[partition]!.next });
        this.#reach(part);
      }
    }
  }

  /** Whether a part has written what it was to. */
  #reach(part: Part): void {
    const said = this.#saidOf(part);
    const goal = this.#goals.get(part.name);
    if (goal === undefined || part.writtenNext < goal.next || part.isLost) return;
    said.untilMs = Math.max(said.untilMs, goal.untilMs);
    this.#goals.delete(part.name);
  }

  /** The part's own; one that was given away and is back begins anew. */
  #saidOf(part: Part): Said {
    let said = this.#said.get(part.name);
    if (said?.part !== part) {
      this.#goals.delete(part.name);
      this.#said.set(part.name, said = { part, untilMs: 0, saidMs: 0, saidAtMs: -Infinity });
    }
    return said;
  }

  #forget(name: string): void {
    this.#said.delete(name);
    this.#goals.delete(name);
  }

  async #say(): Promise<void> {
    const { state, clock } = this.deps;
    const nowMs = clock.monotonic();
    for (const [name, said] of this.#said) {
      if (said.untilMs === 0) continue;
      if (said.saidMs === said.untilMs && nowMs - said.saidAtMs < SETTLED_AGAIN_MS) continue;
      const { untilMs } = said;
      await state.set(this.#key(name), encoder.encode(String(untilMs)), SETTLED_TTL_MS);
      said.saidMs = untilMs;
      said.saidAtMs = nowMs;
    }
  }

  async #of(name: string): Promise<number> {
    const own = this.#said.get(name)?.untilMs ?? 0;
    if (own > 0) return own;
    const record = await this.deps.state.get(this.#key(name));
    const told = record === null ? 0 : Number(decoder.decode(record));
    return Number.isSafeInteger(told) ? told : 0;
  }

  #key(name: string): string {
    return `statsd:settled:${this.deps.pool}:${name}`;
  }
}
