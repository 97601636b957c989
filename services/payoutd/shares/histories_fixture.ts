/**
 * Histories of share.valid for the property test: what was written in which order, who reads it in which steps, and what
 * fails meanwhile. Imported by tests only.
 *
 * @module
 */
import { type Batch, type Bus, type Message, shareValid } from "@gopool/bus";
import type { FreshLedger } from "@gopool/ledger/fixture";
import { type Ledger, LedgerUnavailable, type Tx } from "@gopool/ledger";
import { createStatusBoard, silent, systemClock } from "@gopool/runtime";
import fc from "@gopool/testing/fc";
import { address, BOOKS, HARDER, NBITS, START_MS, validShare } from "./fixture.ts";
import { PartitionKeeper } from "./partition.ts";
import { ShareReader } from "./share.ts";
import { SharesStopped, standingOf } from "./standing.ts";
import { ShareStore } from "./store.ts";

/** A valid submission, as it was judged once and for all. */
export interface Valid {
  readonly o: number;
  readonly p: number;
  readonly account: string;
  readonly work: bigint;
  readonly nbits: number;
  readonly loggedAtMs: number;
  readonly variant: number;
}

const validArb = fc.record({
  step: fc.integer({ min: 1, max: 3 }),
  account: fc.integer({ min: 1, max: 4 }),
  work: fc.bigInt({ min: 1n, max: 1n << 80n }),
  harder: fc.boolean(),
  laterMs: fc.constantFrom(0, 1, 20_000, 60_000),
  variant: fc.constantFrom(0, 0, 0, 1, 2),
});

/** Submissions that are valid, in the order of one partition. */
export const validsArb: fc.Arbitrary<Valid[]> = fc.array(validArb, { minLength: 1, maxLength: 24 })
  .map((steps) => {
    let o = -1;
    let p = -1;
    let loggedAtMs = START_MS;
    return steps.map(({ step, account, work, harder, laterMs, variant }) => {
      p = o;
      o += step;
      loggedAtMs += laterMs;
      const nbits = harder ? HARDER : NBITS;
      return { o, p, account: address(account), work, nbits, loggedAtMs, variant };
    });
  });

/**
 * What was written to share.valid: ranges of the valid ones, each written in order. One that begins further on than the
 * one before ended leaves a gap, one that begins further back is published again. And what is of no use to anybody.
 */
const writtenArb = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.nat(30), fc.nat(30)) },
  { weight: 1, arbitrary: fc.constantFrom("mark", "junk", "foreign") },
);

export const historyArb: fc.Arbitrary<{ valids: Valid[]; wire: Uint8Array[] }> = fc.tuple(
  validsArb,
  fc.array(writtenArb, { minLength: 1, maxLength: 8 }),
  fc.boolean(),
).map(([valids, written, whole]) => {
  const wire: Uint8Array[] = [];
  const bytesOf = ({ o, p, ...rest }: Valid) => validShare(o, p, rest);
  let end = 0;
  for (const one of written) {
    if (one === "junk") wire.push(Uint8Array.of(0xff, 0xff));
    else if (one === "mark") wire.push(validShare(0, valids.at(-1)!.o, markOf(wire.length)));
    else if (one === "foreign") wire.push(...foreignAt(wire.length, end, valids));
    else {
      // Mostly on from where the last one ended.
      const from = one[0] % 3 === 0 ? one[0] % valids.length : end;
      end = Math.min(valids.length, from + 1 + one[1] % 12);
      wire.push(...valids.slice(from, end).map(bytesOf));
    }
  }
  // Half of the histories are mended at the end.
  if (whole) wire.push(...valids.map(bytesOf));
  return { valids, wire };
});

/** Ignored, whatever log it is of. */
function markOf(n: number) {
  return { mark: true, logId: n % 2 === 0 ? "log" : "another" };
}

/** A share of another pool that stands on the partition at an offset of its own, before the first. */
function foreignAt(at: number, end: number, valids: Valid[]): Uint8Array[] {
  return at === 0 || end >= valids.length
    ? []
    : [validShare(valids[end]!.o, valids[end]!.p, { pool: "other", account: "" })];
}

/** What one step of the readers' life is. */
export interface Step {
  readonly keeper: 0 | 1;
  readonly batch: number;
  readonly fate: "well" | "refused" | "unknown" | "broken" | "restart" | "together";
  readonly statement: number;
}

export const stepArb: fc.Arbitrary<Step> = fc.record({
  keeper: fc.constantFrom(0, 1),
  batch: fc.integer({ min: 1, max: 9 }),
  fate: fc.constantFrom("well", "well", "refused", "unknown", "broken", "restart", "together"),
  statement: fc.integer({ min: 1, max: 8 }),
});

/** A ledger that fails as it is told to, once. */
export class FlakyLedger implements Ledger {
  readonly name = "flaky";
  fate: Step["fate"] = "well";
  statement = 0;

  constructor(private readonly real: Ledger) {}

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const { fate, statement } = this;
    if (fate === "refused") throw this.#gone(false);
    if (fate === "broken") {
      return await this.real.transaction((tx) => work(this.#breaking(tx, statement)));
    }
    const value = await this.real.transaction(work);
    if (fate === "unknown") throw this.#gone(true);
    return value;
  }

  hold(): Promise<null> {
    return Promise.resolve(null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #gone(outcomeUnknown: boolean): LedgerUnavailable {
    return new LedgerUnavailable("it went away, as the test wants it", outcomeUnknown);
  }

  /** The connection breaks at the nth statement: nothing of the transaction stays. */
  #breaking(tx: Tx, nth: number): Tx {
    let asked = 0;
    const ask = <A extends unknown[], R>(method: (...args: A) => Promise<R>) => (...args: A) => {
      if (++asked === nth) throw this.#gone(false);
      return method(...args);
    };
    return { query: ask(tx.query.bind(tx)), prepared: ask(tx.prepared.bind(tx)) } as Tx;
  }
}

/** A reader of one partition, as the bus would drive it: a batch that throws comes again. */
export class Reading {
  readonly #flaky: FlakyLedger;
  #keeper: PartitionKeeper | undefined;
  #at = 0;

  constructor(
    private readonly bus: Bus,
    ledger: FreshLedger,
    private readonly messages: readonly Message[],
  ) {
    this.#flaky = new FlakyLedger(ledger);
  }

  get done(): boolean {
    return this.#at >= this.messages.length;
  }

  async step(
    { batch, fate, statement }: Pick<Step, "batch" | "fate" | "statement">,
  ): Promise<void> {
    if (fate === "restart") this.#keeper = undefined;
    this.#flaky.fate = fate;
    this.#flaky.statement = statement;
    const { signal } = new AbortController();
    try {
      if (this.#keeper === undefined) {
        const keeper = this.#made();
        this.#at = await keeper.begin(signal);
        this.#keeper = keeper;
      }
      const messages = this.messages.slice(this.#at, this.#at + batch);
      if (messages.length === 0) return;
      await this.#keeper.handle({ partition: 0, messages } as Batch, signal);
      this.#at += messages.length;
    } catch (error) {
      // Told to read again from where the ledger stands, the next step begins there.
      const rewound = this.#keeper === undefined && error instanceof SharesStopped;
      if (!rewound && !(error instanceof LedgerUnavailable)) throw error;
    }
  }

  #made(): PartitionKeeper {
    const ledger = this.#flaky;
    const parts = { bus: this.bus, ledger, clock: systemClock, log: silent, books: BOOKS };
    const store = new ShareStore(ledger, systemClock, BOOKS, "bus");
    return new PartitionKeeper({
      reader: new ShareReader(BOOKS),
      store: store.store.bind(store),
      standingOf: (partition, signal) => standingOf(parts, partition, signal),
      log: silent,
      board: createStatusBoard(systemClock),
      rewind: () => this.#keeper = undefined,
    }, 0);
  }
}

export async function messagesOf(bus: Bus): Promise<Message[]> {
  const all: Message[] = [];
  for await (const { messages } of bus.read(shareValid, 0, 0)) all.push(...messages);
  return all;
}
