/**
 * Lines on their way: batches, many under way together because each is answered at the server's next flush only.
 *
 * A batch goes whole or not at all (/api/v2/write), so that a retry finds nothing half done. One that is refused goes
 * once more by /api/v3/write_lp, which stores the good lines and names the bad: those are dropped, told and counted, since
 * a line that was refused once is refused for ever and would keep everything behind it out.
 *
 * @module
 */
import type { SeriesClock } from "../options.ts";
import { SeriesUnavailable, type WriteCounters } from "../port.ts";
import { Gate } from "./gate.ts";
import {
  BATCH_BYTES_MAX,
  BATCH_LINES_MAX,
  DROPPED_TOLD_MAX,
  RETRY_FIRST_MS,
  RETRY_LAST_MS,
  WRITE_TRIES_MS,
  WRITES_IN_FLIGHT_MAX,
} from "./limits.ts";
import { Refused, type RefusedLine } from "./faults.ts";

/** Lines for one database. */
export interface Batch {
  readonly database: string;
  readonly lines: readonly string[];
}

export interface WriterDeps {
  readonly server: {
    write(database: string, lines: readonly string[]): Promise<void>;
    writePartly(database: string, lines: readonly string[]): Promise<readonly RefusedLine[]>;
  };
  readonly clock: Pick<SeriesClock, "monotonic" | "sleep">;
  /** Told of lines that were dropped. */
  readonly onDropped: (sentence: string) => void;
  /** Default: WRITE_TRIES_MS. */
  readonly triesMs?: number | undefined;
}

export class LineWriter {
  readonly #deps: WriterDeps;
  readonly #gate = new Gate(WRITES_IN_FLIGHT_MAX);
  readonly #closing = new AbortController();
  #inFlight = 0;
  #lines = 0;
  #retries = 0;
  #dropped = 0;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  /** Since it was opened; `inFlight` with batches that wait for their turn. */
  get counters(): WriteCounters {
    const [inFlight, lines, retries, dropped] = [
      this.#inFlight,
      this.#lines,
      this.#retries,
      this.#dropped,
    ];
    return { inFlight, lines, retries, dropped };
  }

  /**
   * Resolves when all of it is stored and readable, or dropped and told.
   *
   * @throws {SeriesUnavailable} Some of it may be stored: writing it again does no harm.
   */
  async write(batches: readonly Batch[]): Promise<void> {
    const cut = batches.flatMap(({ database, lines }) =>
      [...cutLines(lines)].map((part) => ({ database, lines: part }))
    );
    const told = { left: DROPPED_TOLD_MAX };
    const results = await Promise.allSettled(cut.map((batch) => this.#send(batch, told)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** A line that cannot be written: which one, and why. */
  drop(what: string, why: string): void {
    this.#dropped += 1;
    this.#deps.onDropped(`A line of statistics is left out: ${why}: ${what.slice(0, 300)}`);
  }

  /** Whoever waits to try again is told no. */
  close(): void {
    this.#closing.abort();
  }

  async #send(batch: Batch, told: { left: number }): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#gate.run(() => this.#untilStored(batch, told));
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #untilStored(batch: Batch, told: { left: number }): Promise<void> {
    const { server, clock, triesMs = WRITE_TRIES_MS } = this.#deps;
    const endMs = clock.monotonic() + triesMs;
    let isRefused = false;
    for (let waitMs = RETRY_FIRST_MS;; waitMs = Math.min(2 * waitMs, RETRY_LAST_MS)) {
      try {
        if (isRefused) return await this.#mend(batch, told);
        await server.write(batch.database, batch.lines);
        this.#lines += batch.lines.length;
        return;
      } catch (error) {
        if (error instanceof Refused) {
          isRefused = true;
          continue;
        }
        const isOver = clock.monotonic() + waitMs > endMs || this.#closing.signal.aborted;
        if (!(error instanceof SeriesUnavailable) || isOver) throw error;
      }
      await clock.sleep(waitMs, this.#closing.signal);
      this.#retries += 1;
    }
  }

  /** Stores what is good of a batch that was refused. */
  async #mend({ database, lines }: Batch, told: { left: number }): Promise<void> {
    const refused = await this.#deps.server.writePartly(database, lines);
    const reasons = new Map(refused.map(({ at, why }) => [at, why]));
    for (const [at, why] of reasons) {
      if (told.left-- <= 0) break;
      this.#deps.onDropped(
        `${database}: the server refuses a line of statistics, which is left out: ${why}: ${
          (lines[at] ?? "").slice(0, 300)
        }`,
      );
    }
    this.#dropped += reasons.size;
    this.#lines += lines.length - reasons.size;
    if (told.left < 0) {
      this.#deps.onDropped(`${database}: ${reasons.size} lines of statistics in all are left out`);
    }
  }
}

/** In parts of bounded number and size. */
export function* cutLines(lines: readonly string[]): Generator<readonly string[]> {
  let begin = 0;
  let bytes = 0;
  for (const [at, line] of lines.entries()) {
    // A character has three bytes at most where JavaScript counts one.
    const size = 3 * line.length + 1;
    if (at > begin && (bytes + size > BATCH_BYTES_MAX || at - begin >= BATCH_LINES_MAX)) {
      yield lines.slice(begin, at);
      [begin, bytes] = [at, 0];
    }
    bytes += size;
  }
  if (begin < lines.length) yield lines.slice(begin);
}
