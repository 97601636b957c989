/**
 * blocksubmit: gives each solved block to every node at once and does not rest until its fate is known.
 *
 * @module
 */
import { blockFound, blockSolved, type Bus, type Message } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import {
  type BlockFound,
  BlockFoundSchema,
  BlockOutcome,
  type BlockSolved,
  BlockSolvedSchema,
  fromBinary,
  toBinary,
} from "@gopool/proto";
import {
  type Clock,
  keepFollowing,
  type Logger,
  orGiveUp,
  type Random,
  type Service,
  type StatusBoard,
} from "@gopool/runtime";
import { DECIDED_MAX, DRAIN_MS, FIGHTS_MAX, RESTART_MS, SOLVED_HORIZON_MS } from "./limits.ts";
import { submitUntilDecided } from "./submission.ts";

export interface BlocksubmitDeps {
  readonly bus: Bus;
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Told of each block whose fate was decided here. */
  readonly onFound?: (found: BlockFound) => void;
}

export interface Blocksubmit extends Service {
  readonly counts: { accepted: number; lost: number };
}

export function createBlocksubmit(deps: BlocksubmitDeps): Blocksubmit {
  const counts = { accepted: 0, lost: 0 };
  return {
    name: "blocksubmit",
    counts,
    run: async (signal) => {
      const { bus, clock } = deps;
      const blocks = new Blocks(deps, counts, signal);
      await blocks.readDecided();
      await keepFollowing(deps, "blocksubmit/solved", signal, (lane) =>
        bus.follow(blockSolved, {
          from: { kind: "time", ms: clock.now() - SOLVED_HORIZON_MS },
          batchMax: 4, // up to 8 MB each
          ...lane,
        }, async ({ messages }) => {
          for (const message of messages) await blocks.take(message);
        }));
      await blocks.finished();
    },
  };
}

/** The blocks of one run: what is decided, and what is being fought for. */
class Blocks {
  readonly #decided = new Set<string>();
  readonly #fights = new Map<string, Promise<void>>();

  constructor(
    private readonly deps: BlocksubmitDeps,
    private readonly counts: { accepted: number; lost: number },
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

  /** Begins the fight for a block; resolves at once unless too many are on already. */
  async take({ value, offset }: Message): Promise<void> {
    let solved: BlockSolved;
    try {
      solved = fromBinary(BlockSolvedSchema, value);
      if (solved.facts === undefined) throw new Error("it carries no facts");
    } catch (error) {
      this.deps.log.error("a solved block cannot be read", { offset, error });
      return;
    }
    const hash = displayHash(solved.facts.hash as Hash);
    // Delivered again, or built by a second shareproc: the fight is on, or over.
    if (this.#decided.has(hash) || this.#fights.has(hash)) return;
    while (this.#fights.size >= FIGHTS_MAX) await Promise.race(this.#fights.values());
    if (this.signal.aborted) return;
    this.#fights.set(hash, this.#fight(hash, solved).finally(() => this.#fights.delete(hash)));
  }

  async finished(): Promise<void> {
    await Promise.all(this.#fights.values());
  }

  #decide(hash: string): void {
    if (this.#decided.size >= DECIDED_MAX) {
      this.#decided.delete(this.#decided.values().next().value!);
    }
    this.#decided.add(hash);
  }

  /** Until the outcome stands on block.found, whatever fails; or until the end of the run. Never rejects. */
  async #fight(hash: string, solved: BlockSolved): Promise<void> {
    const { board, log, clock } = this.deps;
    const part = `blocksubmit/${hash.slice(-24)}`;
    const { height } = solved.facts!;
    const onWaiting = (why: string) => {
      board.set(part, "degraded", `Block ${hash} at height ${height}: ${why}`);
    };
    while (!this.signal.aborted) {
      try {
        const decided = await submitUntilDecided(
          { ...this.deps, onWaiting },
          solved,
          this.signal,
        );
        if (decided === null) return;
        await this.#publish(hash, decided.found, onWaiting);
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
    hash: string,
    found: BlockFound,
    onWaiting: (why: string) => void,
  ): Promise<void> {
    const { bus, clock, log } = this.deps;
    const record = { key: found.facts!.hash, value: toBinary(BlockFoundSchema, found) };
    for (let isOut = false; !isOut;) {
      try {
        const published = bus.publish(blockFound, [record], { deadlineMs: Infinity });
        await orGiveUp(published, clock, this.signal, DRAIN_MS);
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
