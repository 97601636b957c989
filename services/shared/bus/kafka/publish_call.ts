import { NotWritten, OutcomeUnknown, type Placement } from "../port.ts";

/** One call of Bus.publish, from its acceptance to its answer. */
export class PublishCall {
  readonly #answer = Promise.withResolvers<Placement[]>();
  readonly #placements: Placement[];
  readonly #batches = new Set<{ readonly mayBeWritten: boolean }>();
  #missing: number;
  #isSettled = false;

  constructor(
    readonly topic: string,
    count: number,
    /** When it is given up, by the clock's monotonic time; Infinity: never. */
    readonly deadlineMs: number,
    /** Told once it is answered. */
    readonly onSettled: () => void,
  ) {
    this.#placements = new Array(count);
    this.#missing = count;
  }

  get promise(): Promise<Placement[]> {
    return this.#answer.promise;
  }

  /** Answered: nothing of it needs to be sent any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Some of its records are in this batch, which may be sent from now on. */
  rides(batch: { readonly mayBeWritten: boolean }): void {
    this.#batches.add(batch);
  }

  /** The record with this index in the call is durable. */
  placed(index: number, placement: Placement): void {
    if (this.#isSettled) return;
    this.#placements[index] = placement;
    this.#missing -= 1;
    if (this.#missing > 0) return;
    this.#settle();
    this.#answer.resolve(this.#placements);
  }

  /** Ends the waiting, with what can be said for sure. */
  giveUp(why: string, cause?: unknown): void {
    if (this.#isSettled) return;
    this.#settle();
    const some = Object.keys(this.#placements).length > 0;
    const maybe = [...this.#batches].some((batch) => batch.mayBeWritten);
    const sentence = `Cannot publish to ${this.topic}: ${why}`;
    this.#answer.reject(
      some || maybe
        ? new OutcomeUnknown(`${sentence}; it may have been written`, { cause })
        : new NotWritten(sentence, { cause }),
    );
  }

  #settle(): void {
    this.#isSettled = true;
    this.onSettled();
  }
}
