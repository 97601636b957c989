/**
 * Everything around payoutd: miners whose shares are judged, a chain on which blocks of the pool are found, replaced
 * and brought back, and what no writer of these topics should ever write. It keeps what the books must come to.
 *
 * @module
 */
import { shareSubmissions } from "@gopool/bus";
import { aborted, runTogether, systemClock } from "@gopool/runtime";
import { type Announced, Blocks, type BlocksOptions } from "./blocks.ts";
import { type Counted, Miners } from "./miners.ts";

export interface FeederOptions extends BlocksOptions {
  /** Between two handfuls of shares, and between two events on the chain; real milliseconds. */
  readonly shareEveryMs?: number;
  readonly eventEveryMs?: number;
}

export class Feeder {
  readonly #miners: Miners;
  readonly #blocks: Blocks;
  #isOver = false;
  #atWork = 0;

  constructor(private readonly o: FeederOptions) {
    this.#miners = new Miners(o.bus, o.random, () => o.chain.sim.height + 1);
    this.#blocks = new Blocks(o);
  }

  /** Shares that must count. */
  get counted(): readonly Counted[] {
    return this.#miners.counted;
  }

  get announced(): readonly Announced[] {
    return this.#blocks.announced;
  }

  /** Records that cannot be used, by topic. */
  get lies() {
    return { valid: this.#miners.lies, found: this.#blocks.lies };
  }

  get happened() {
    return { ...this.#blocks.happened, repeats: this.#miners.repeats };
  }

  /** Works until told to end. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, shareEveryMs = 50, eventEveryMs = 300 } = this.o;
    const every = (ms: number, work: () => Promise<void>) => async (stop: AbortSignal) => {
      while (!stop.aborted) {
        if (!this.#isOver) {
          this.#atWork++;
          await work();
          this.#atWork--;
        }
        await systemClock.sleep(ms, stop);
      }
    };
    await runTogether(
      signal,
      every(shareEveryMs, () => this.#miners.submit()),
      every(eventEveryMs, () => this.#blocks.event()),
      (stop) =>
        bus.consume(
          shareSubmissions,
          { group: "shareproc", batchMax: 200, signal: stop },
          ({ partition, messages }) => this.#miners.judge(partition, messages),
        ),
      aborted,
    );
  }

  /** No more shares and no more blocks; what was sent is judged when this resolves. */
  async rest(): Promise<void> {
    this.#isOver = true;
    while (this.#atWork > 0 || !await this.#miners.isJudged()) await systemClock.sleep(20);
  }

  /** Blocks of others, with what waits. */
  bury(count: number): void {
    this.#blocks.bury(count);
  }

  /** Lays a reorganisation down, where none is. */
  reorganiseSoon(): void {
    this.#blocks.reorganiseSoon();
  }
}
