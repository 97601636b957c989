import { assert } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import fc from "@gopool/testing/fc";
import { type Random, seededRandom } from "@gopool/runtime";
import { MemoryState } from "./memory.ts";
import { type State, StateUnavailable } from "./port.ts";
import { Extranonces, type Grant } from "./prefix.ts";

/**
 * Guarantee 2 leans on this: two sessions with one extranonce1 on the same job would find the same shares.
 * Several gateways, few prefixes, sessions, restarts, twins and outages in any order.
 */
const JOB_MAX_LIFE_MS = 20 * 60_000;
const GATEWAYS = 3;

type Step =
  | { kind: "open"; gateway: number; count: number }
  | { kind: "close" | "return"; pick: number; gateway: number }
  | { kind: "restart" | "twin" | "heal"; gateway: number }
  | { kind: "cut"; gateway: number; lostAnswers: boolean }
  | { kind: "wait"; ms: number };

const gateway = fc.nat(GATEWAYS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("open" as const), gateway, count: fc.nat(2_500) }),
  },
  {
    // Enough that a counter comes round within the rest of its values.
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("open" as const), gateway, count: fc.nat(40_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("close", "return"), pick: fc.nat(), gateway }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("restart", "heal"), gateway }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("twin" as const), gateway }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("cut" as const), gateway, lostAnswers: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(20_000), fc.nat(8 * 60_000)),
    }),
  },
);

/** A cut wire; with `lostAnswers` the store does what it is asked and the answer is lost. */
class Wire {
  cut: { lostAnswers: boolean; sinceMs: number } | null = null;
  readonly state: State;

  constructor(store: State) {
    const call = async (name: PropertyKey, operation: () => unknown) => {
      if (this.cut === null) return await operation();
      if (this.cut.lostAnswers) await operation();
      throw new StateUnavailable(`No answer to ${String(name)}`);
    };
    this.state = new Proxy(store, {
      get: (target, name) => (...args: unknown[]) =>
        call(name, () => Reflect.get(target, name).apply(target, args)),
    });
  }
}

interface Session {
  readonly id: string;
  readonly process: Process;
  readonly grant: Grant;
  readonly value: number;
}

interface Process {
  readonly extranonces: Extranonces;
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

class World {
  readonly clock = new FakeClock();
  readonly store = new MemoryState(this.clock);
  readonly wires = Array.from({ length: GATEWAYS }, () => new Wire(this.store));
  readonly processes: Process[][] = Array.from({ length: GATEWAYS }, () => []);
  readonly uses = new Map<number, { session: string; endMs: number }[]>();
  live: Session[] = [];
  ended: { session: Session; endMs: number }[] = [];
  #count = 0;

  constructor(readonly random: Random) {}

  start(gateway: number): Process {
    const stop = new AbortController();
    const extranonces = new Extranonces({
      clock: this.clock,
      state: this.wires[gateway]!.state,
      // Four prefixes only, so that they change hands.
      random: { uint32: () => (this.random.uint32() & ~0xfffc) >>> 0 },
      id: `gateway-${gateway}`,
      jobMaxLifeMs: JOB_MAX_LIFE_MS,
      onLost: (prefix) => {
        for (
          const one of this.live.filter((s) => s.process === process && s.value >>> 16 === prefix)
        ) {
          this.close(one);
        }
      },
    });
    const process: Process = { extranonces, stop, running: extranonces.run(stop.signal) };
    this.processes[gateway]!.push(process);
    return process;
  }

  async open(gateway: number, count: number): Promise<void> {
    const process = this.processes[gateway]!.at(-1)!;
    for (let i = 0; i < count; i++) {
      const id = `s${this.#count++}`;
      const taken = await process.extranonces.take(id);
      if ("refused" in taken) return;
      this.use(id, process, taken);
      // Most end at once: a crowd of reconnecting miners.
      if (i > 20) this.close(this.live.at(-1)!);
    }
  }

  use(id: string, process: Process, grant: Grant): void {
    const value = new DataView(grant.extranonce1.buffer).getUint32(0);
    const now = this.clock.monotonic();
    const uses = this.uses.get(value) ?? [];
    for (const use of uses) {
      assert(
        use.session === id || use.endMs + JOB_MAX_LIFE_MS <= now,
        `${value.toString(16)} of ${use.session} given to ${id} after ${now - use.endMs} ms`,
      );
    }
    uses.push({ session: id, endMs: Infinity });
    this.uses.set(value, uses);
    this.live.push({ id, process, grant, value });
  }

  close(session: Session): void {
    const now = this.clock.monotonic();
    session.grant.giveBack();
    this.live.splice(this.live.indexOf(session), 1);
    this.ended.push({ session, endMs: now });
    const uses = this.uses.get(session.value)!;
    uses[uses.findLastIndex((use) => use.session === session.id && use.endMs === Infinity)]!
      .endMs = now;
  }

  /** A session's record lives for JOB_MAX_LIFE (sessions.ts): later nobody asks for the old value. */
  comeBack(pick: number, gateway: number): void {
    const now = this.clock.monotonic();
    this.ended = this.ended.filter(({ endMs }) => endMs + JOB_MAX_LIFE_MS > now);
    if (this.ended.length === 0) return;
    const { session } = this.ended.splice(pick % this.ended.length, 1)[0]!;
    const process = this.processes[gateway]!.at(-1)!;
    const grant = process.extranonces.reclaim(session.id, session.grant.extranonce1);
    if (grant !== null) this.use(session.id, process, grant);
  }

  async kill(process: Process): Promise<void> {
    process.stop.abort();
    await process.running;
    for (const one of this.live.filter((s) => s.process === process)) this.close(one);
  }

  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case "open":
        return await this.open(step.gateway, step.count);
      case "close":
        if (this.live.length > 0) this.close(this.live[step.pick % this.live.length]!);
        return;
      case "return":
        return this.comeBack(step.pick, step.gateway);
      case "restart":
        for (const process of this.processes[step.gateway]!.splice(0)) await this.kill(process);
        this.start(step.gateway);
        return await this.clock.advance(0);
      case "twin":
        // Only with a store in reach: a twin that is cut off cannot be told (architecture 5).
        if (this.wires[step.gateway]!.cut === null) this.start(step.gateway);
        return await this.clock.advance(0);
      case "cut":
        // A cut outlasts neither the quarantine nor a twin.
        if (this.processes[step.gateway]!.length > 1) return;
        this.wires[step.gateway]!.cut ??= { ...step, sinceMs: this.clock.monotonic() };
        return;
      case "heal":
        return this.heal(step.gateway);
      case "wait": {
        const now = this.clock.monotonic();
        for (let i = 0; i < GATEWAYS; i++) {
          const since = this.wires[i]!.cut?.sinceMs ?? Infinity;
          if (now + step.ms - since > JOB_MAX_LIFE_MS) this.heal(i);
        }
        return await this.clock.advance(step.ms);
      }
    }
  }

  heal(gateway: number): void {
    this.wires[gateway]!.cut = null;
  }
}

Deno.test("no extranonce1 belongs to two sessions within the life of a job, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      fc.integer(),
      async (steps, seed) => {
        const world = new World(seededRandom(seed));
        for (let i = 0; i < GATEWAYS; i++) world.start(i);
        await world.clock.advance(0);
        try {
          for (const one of steps) await world.play(one);
        } finally {
          for (const process of world.processes.flat()) {
            process.stop.abort();
            await process.running;
          }
        }
      },
    ),
    { numRuns: 40, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});
