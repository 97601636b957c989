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
  type Logger,
  type Random,
  type Service,
  type StatusBoard,
  troubleOnBoard,
} from "@gopool/runtime";
import { SOLVED_HORIZON_MS } from "./limits.ts";
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
      const blocks = new Blocks(deps, counts, signal);
      await blocks.readDecided();
      await deps.bus.follow(blockSolved, {
        from: { kind: "time", ms: deps.clock.now() - SOLVED_HORIZON_MS },
        batchMax: 4, // up to 8 MB each
        signal,
        onTrouble: troubleOnBoard(deps.board, deps.log),
      }, ({ messages }) => {
        for (const message of messages) blocks.take(message);
        return Promise.resolve();
      });
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
      for (const { key } of messages) this.#decided.add(displayHash(key as Hash));
    }
  }

  take({ value, offset }: Message): void {
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
    this.#fights.set(hash, this.#fight(hash, solved));
  }

  async finished(): Promise<void> {
    await Promise.all(this.#fights.values());
  }

  async #fight(hash: string, solved: BlockSolved): Promise<void> {
    const { board, log, clock } = this.deps;
    const part = `blocksubmit/${hash.slice(0, 24)}`;
    const height = solved.facts!.height;
    const onWaiting = (why: string) => {
      board.set(part, "degraded", `Block ${hash} at height ${height}: ${why}`);
    };
    try {
      const found = await submitUntilDecided({ ...this.deps, onWaiting }, solved, this.signal);
      if (found === null) return;
      await this.#publish(hash, found);
      board.clear(part);
      this.#decided.add(hash);
      if (found.outcome === BlockOutcome.ACCEPTED) {
        this.counts.accepted++;
        log.info("block accepted", { hash, height });
      } else {
        this.counts.lost++;
        log.error("block lost", { hash, height, reason: found.reason });
      }
      this.deps.onFound?.(found);
    } catch (error) {
      if (this.signal.aborted) return;
      log.error("a block's submission failed, will begin again", { hash, height, error });
      await clock.sleep(RESTART_MS, this.signal);
      if (!this.signal.aborted) return await this.#fight(hash, solved);
    } finally {
      this.#fights.delete(hash);
    }
  }

  /** Publishes the outcome, as long as it takes: until it stands there, the spool repeats the block. */
  async #publish(hash: string, found: BlockFound): Promise<void> {
    const record = { key: found.facts!.hash, value: toBinary(BlockFoundSchema, found) };
    while (true) {
      try {
        await this.deps.bus.publish(blockFound, [record], { deadlineMs: Infinity });
        return;
      } catch (error) {
        this.signal.throwIfAborted();
        this.deps.log.warn("a block's outcome could not be published yet", { hash, error });
        await this.deps.clock.sleep(RESTART_MS, this.signal);
      }
    }
  }
}

/** Pause before something that failed for no reason of its own is begun again. */
const RESTART_MS = 1_000;
