/**
 * The blocks of one run: what is decided, and what is being fought for. A block comes from the log or by the second
 * road, or by both; it is fought for once.
 *
 * @module
 */
import { blockFound, blockSolved, decode, type Message } from "@gopool/bus";
import { displayHash, equalBytes, type Hash, HEADER_BYTES, headerHash } from "@gopool/chain";
import {
  type BlockFound,
  BlockFoundSchema,
  BlockOutcome,
  type BlockSolved,
  toBinary,
} from "@gopool/proto";
import { orGiveUp } from "@gopool/runtime";
import { assertBodyFits } from "./body.ts";
import type { Dossier, Dossiers, Logged } from "./dossiers.ts";
import {
  DECIDED_MAX,
  DRAIN_MS,
  FIGHTS_MAX,
  RESTART_MS,
  ROAD_FIGHTS_MAX,
  SOLVED_HORIZON_MS,
} from "./limits.ts";
import type { BlocksubmitDeps } from "./service.ts";
import { submitUntilDecided } from "./submission.ts";

/** A block given by the second road is not taken now. */
export class NotTaken extends Error {
  override name = "NotTaken";
}

export class Blocks {
  readonly #decided = new Set<string>();
  readonly #fights = new Map<string, Promise<void>>();

  constructor(
    private readonly deps: BlocksubmitDeps,
    private readonly counts: { accepted: number; lost: number },
    private readonly dossiers: Dossiers,
    private readonly signal: AbortSignal,
  ) {}

  /** Blocks that stand on `block.found` already need no second word. */
  async readDecided(): Promise<void> {
    const { bus, clock } = this.deps;
    const [from] = await bus.offsetAt(blockFound, clock.now() - SOLVED_HORIZON_MS);
    for await (const { messages } of bus.read(blockFound, 0, from!)) {
      for (const { key } of messages) this.#decide(displayHash(key as Hash));
    }
  }

  /** Begins the fight for a block of the log; resolves at once unless too many are on already. */
  async take({ value, offset, loggedAtMs }: Message): Promise<void> {
    let solved: BlockSolved;
    try {
      solved = decode(blockSolved, value);
      if (solved.facts === undefined) throw new Error("it carries no facts");
    } catch (error) {
      this.deps.log.error("a solved block cannot be read", { offset, error });
      return;
    }
    const hash = displayHash(solved.facts.hash as Hash);
    // Delivered again, built by a second shareproc, or come by the second road: the fight is on, or over.
    if (this.#isKnown(hash)) return this.dossiers.logged(hash, { offset, loggedAtMs });
    while (this.#fights.size >= FIGHTS_MAX) await Promise.race(this.#fights.values());
    if (this.signal.aborted || this.#isKnown(hash)) return;
    this.#begin(hash, solved, { offset, loggedAtMs });
  }

  /**
   * Begins the fight for a block that came by the second road.
   *
   * @returns Whether it was not known here.
   * @throws {NotTaken} The service ends, or too many fights are on.
   * @throws {RangeError} It is not the block that its facts and its header say. Nothing is remembered of it: the right
   *   one is taken afterwards.
   */
  give(solved: BlockSolved): boolean {
    const { facts, block } = solved;
    if (facts === undefined) throw new RangeError("it carries no facts");
    if (!equalBytes(block.subarray(0, HEADER_BYTES), facts.header)) {
      throw new RangeError("its block begins with another header");
    }
    if (!equalBytes(headerHash(facts.header), facts.hash)) {
      throw new RangeError("its header has another hash");
    }
    const hash = displayHash(facts.hash as Hash);
    if (this.#isKnown(hash)) return false;
    if (this.signal.aborted) throw new NotTaken("this blocksubmit ends");
    if (this.#unlogged() >= ROAD_FIGHTS_MAX || this.#fights.size >= FIGHTS_MAX) {
      throw new NotTaken(`${this.#fights.size} blocks are fought for already`);
    }
    // Last: a block of 4 MB takes a moment. One that nodes refuse would be decided, and the log's dropped as known.
    assertBodyFits(block);
    this.#begin(hash, solved, null);
    return true;
  }

  async finished(): Promise<void> {
    await Promise.all(this.#fights.values());
  }

  /**
   * Says once more what became of a block: an operator has given it to the nodes again, and now one has it.
   *
   * @throws Whatever the bus throws: it may be said again.
   */
  async announce(found: BlockFound): Promise<number> {
    const record = { key: found.facts!.hash, value: toBinary(BlockFoundSchema, found) };
    const [placed] = await this.deps.bus.publish(blockFound, [record]);
    this.#decide(displayHash(found.facts!.hash as Hash));
    return placed!.loggedAtMs;
  }

  /** Whether it is fought for now. */
  isOpen(hash: string): boolean {
    return this.#fights.has(hash);
  }

  /** Blocks fought for that have come by the second road alone. */
  #unlogged(): number {
    let count = 0;
    for (const hash of this.#fights.keys()) if (this.dossiers.get(hash)?.solved == null) count++;
    return count;
  }

  #isKnown(hash: string): boolean {
    return this.#decided.has(hash) || this.#fights.has(hash);
  }

  #begin(hash: string, solved: BlockSolved, logged: Logged | null): void {
    const dossier = this.dossiers.open(hash, solved, logged, this.deps.clock.now());
    const fight = this.#fight(dossier, solved).finally(() => this.#fights.delete(hash));
    this.#fights.set(hash, fight);
  }

  #decide(hash: string): void {
    if (this.#decided.size >= DECIDED_MAX) {
      this.#decided.delete(this.#decided.values().next().value!);
    }
    this.#decided.add(hash);
  }

  /** Until the outcome stands on block.found, whatever fails; or until the end of the run. Never rejects. */
  async #fight(dossier: Dossier, solved: BlockSolved): Promise<void> {
    const { board, log, clock } = this.deps;
    const { hash, facts: { height } } = dossier;
    const part = `blocksubmit/${hash.slice(-24)}`;
    const onWaiting = (why: string) => {
      dossier.reason = why;
      board.set(part, "degraded", `Block ${hash} at height ${height}: ${why}`);
    };
    while (!this.signal.aborted) {
      try {
        const decided = await submitUntilDecided(
          {
            ...this.deps,
            onWaiting,
            onAttempt: (attempt) => this.dossiers.answered(dossier, attempt, false),
          },
          solved,
          this.signal,
        );
        if (decided === null) return;
        dossier.state = decided.found.outcome === BlockOutcome.ACCEPTED ? "accepted" : "lost";
        dossier.reason = decided.found.reason;
        await this.#publish(dossier, decided.found, onWaiting);
        dossier.reason = decided.found.reason;
        board.clear(part);
        await decided.rest;
        return;
      } catch (error) {
        if (this.signal.aborted) return;
        log.error("a block's submission failed, will begin again", { hash, height, error });
        await clock.sleep(RESTART_MS, this.signal);
      }
    }
  }

  /** Publishes the outcome, as long as it takes: until it stands there, the spool repeats the block. */
  async #publish(
    dossier: Dossier,
    found: BlockFound,
    onWaiting: (why: string) => void,
  ): Promise<void> {
    const { bus, clock, log } = this.deps;
    const { hash } = dossier;
    const record = { key: found.facts!.hash, value: toBinary(BlockFoundSchema, found) };
    for (let isOut = false; !isOut;) {
      try {
        const published = bus.publish(blockFound, [record], { deadlineMs: Infinity });
        const [placed] = await orGiveUp(published, clock, this.signal, DRAIN_MS);
        this.dossiers.closed(dossier, placed!.loggedAtMs);
        isOut = true;
      } catch (error) {
        this.signal.throwIfAborted();
        onWaiting(`its outcome could not be published yet: ${(error as Error).message}`);
        log.warn("a block's outcome could not be published yet", { hash, error });
        await clock.sleep(RESTART_MS, this.signal);
        this.signal.throwIfAborted();
      }
    }
    this.#decide(hash);
    try {
      this.#tell(hash, found);
    } catch (error) {
      // The outcome stands: whoever wanted to hear of it must not have it said again.
      log.error("a listener failed", { hash, error });
    }
  }

  #tell(hash: string, found: BlockFound): void {
    const { height } = found.facts!;
    if (found.outcome === BlockOutcome.ACCEPTED) {
      this.counts.accepted++;
      this.deps.log.info("block accepted", { hash, height });
    } else {
      this.counts.lost++;
      this.deps.log.error("block lost", { hash, height, reason: found.reason });
    }
    this.deps.onFound?.(found);
  }
}
