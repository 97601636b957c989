/**
 * blocksubmit: gives each solved block to every node at once and does not rest until its fate is known.
 *
 * @module
 */
import { blockSolved, type Bus } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import type { Nodes } from "@gopool/node";
import type { BlockFound, BlockSolved } from "@gopool/proto";
import {
  type Clock,
  keepFollowing,
  type Logger,
  type Metrics,
  noMetrics,
  orGiveUp,
  type Random,
  type Service,
  type StatusBoard,
} from "@gopool/runtime";
import { Blocks, NotTaken } from "./blocks.ts";
import { BlockDesk } from "./desk.ts";
import { Dossiers } from "./dossiers.ts";
import { SOLVED_HORIZON_MS } from "./limits.ts";
import { blocksubmitMetrics } from "./metrics.ts";

export interface BlocksubmitDeps {
  readonly bus: Bus;
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Told of each block whose fate was decided here. */
  readonly onFound?: (found: BlockFound) => void;
  readonly metrics?: Metrics;
}

export interface Blocksubmit extends Service {
  readonly counts: { accepted: number; lost: number };
  /** Where people ask for blocks. */
  readonly desk: BlockDesk;
  /**
   * Takes a block that came by the second road as one that came from the log: it goes to the nodes at once.
   *
   * @returns Whether it was not known here.
   * @throws {NotTaken} It takes none now.
   * @throws {RangeError} It is not the block that its facts say.
   */
  give(solved: BlockSolved): boolean;
}

export function createBlocksubmit(deps: BlocksubmitDeps): Blocksubmit {
  const counts = { accepted: 0, lost: 0 };
  const dossiers = new Dossiers();
  let blocks: Blocks | null = null;
  const measure = blocksubmitMetrics({
    metrics: deps.metrics ?? noMetrics,
    clock: deps.clock,
    counts,
    nodes: deps.nodes.list.map(({ name }) => name),
    dossiers: () => dossiers.all(),
  });
  const onFound = (found: BlockFound) => {
    measure(found, dossiers.get(displayHash(found.facts!.hash as Hash)));
    deps.onFound?.(found);
  };

  async function run(signal: AbortSignal): Promise<void> {
    const { bus, clock } = deps;
    const ended = new AbortController();
    const own = new Blocks(
      { ...deps, onFound },
      counts,
      dossiers,
      AbortSignal.any([signal, ended.signal]),
    );
    // Before the bus is asked for anything: what comes by the second road comes because the bus is away.
    blocks = own;
    try {
      // A bus that is away must not hold up the end.
      await orGiveUp(own.readDecided(), clock, signal, 0);
      await keepFollowing(deps, "blocksubmit/solved", signal, (lane) =>
        bus.follow(blockSolved, {
          from: { kind: "time", ms: clock.now() - SOLVED_HORIZON_MS },
          batchMax: 4, // up to 8 MB each
          ...lane,
        }, async ({ messages }) => {
          for (const message of messages) await own.take(message);
        }));
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
    } finally {
      // Also after a fault: what is fought for comes again, and nothing of this run may go on beside the next one.
      ended.abort();
      blocks = null;
      await own.finished();
    }
  }

  const desk = new BlockDesk({
    ...deps,
    dossiers,
    isOpen: (hash) => blocks?.isOpen(hash) ?? false,
    announce(found) {
      if (blocks === null) throw new NotTaken("this blocksubmit starts, or ends");
      return blocks.announce(found);
    },
  });
  return {
    name: "blocksubmit",
    counts,
    desk,
    run,
    give(solved) {
      if (blocks === null) throw new NotTaken("this blocksubmit starts, or ends");
      return blocks.give(solved);
    },
  };
}
