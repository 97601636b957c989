/**
 * What people ask of blocks: which there are, all about one, its bytes, and to give one to the nodes again. Answers
 * come from memory where it has them, else from the topics, within LOOK_UP_MS.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { Nodes } from "@gopool/node";
import {
  type BlockCandidate,
  type BlockFound,
  BlockFoundSchema,
  BlockOutcome,
  type BlockSolved,
  create,
  type Job,
} from "@gopool/proto";
import type { Clock } from "@gopool/runtime";
import type { Dossier, Dossiers, DossierState, KnownAttempt } from "./dossiers.ts";
import {
  candidateOf,
  foundBelow,
  foundOf,
  jobOf,
  keyOf,
  solvedAt,
  solvedOf,
  type Told,
} from "./history.ts";
import { fromFound, jobNearOf, type KnownBlock, knownOf, nearOf, stateOf } from "./known.ts";
import { ANNOUNCE_MS, LOOK_UP_MS } from "./limits.ts";
import { attemptOf } from "./outcome.ts";
import { standingOf } from "./standing.ts";

export interface DeskDeps {
  readonly bus: Bus;
  readonly nodes: Nodes;
  readonly clock: Clock;
  readonly dossiers: Dossiers;
  /** Whether it is being fought for. */
  readonly isOpen: (hash: string) => boolean;
  /** Puts an outcome on block.found. @returns Its log time. */
  readonly announce: (found: BlockFound) => Promise<number>;
}

/** All that is known of a block. What is undefined could not be found; `missing` says why, in sentences. */
export interface WholeBlock {
  readonly known: KnownBlock;
  /** Undefined for a block that this process did not have. */
  readonly dossier: Dossier | undefined;
  readonly candidate: Told<BlockCandidate> | undefined;
  readonly solved: Told<BlockSolved> | undefined;
  readonly job: Told<Job> | undefined;
  readonly missing: readonly string[];
}

/** Where a page of blocks begins: among those that are not on block.found, or below an offset of it. */
export type PageStart = { readonly unlogged: number } | { readonly below: number };

export interface BlocksPage {
  readonly blocks: readonly KnownBlock[];
  readonly next: PageStart | null;
  /** Why older ones are missing; empty where they are not. */
  readonly trouble: string;
}

/** The topics did not answer in time. */
export class LogSilent extends Error {
  override name = "LogSilent";
  constructor() {
    super(`the bus did not answer within ${LOOK_UP_MS / 1_000} s`);
  }
}

/** The pool knows no such block, or its bytes are not to be had. */
export class NoSuchBlock extends Error {
  override name = "NoSuchBlock";
}

export class BlockDesk {
  constructor(private readonly deps: DeskDeps) {}

  /** Never rejects for a bus that is away: it tells what is in memory, and the trouble. */
  async list(
    start: PageStart,
    size: number,
    state: DossierState | null,
    signal: AbortSignal,
  ): Promise<BlocksPage> {
    const { bus, dossiers } = this.deps;
    const fits = (one: { readonly state: DossierState }) => state === null || one.state === state;
    const blocks: KnownBlock[] = [];
    let below = Infinity;
    if ("unlogged" in start) {
      const unlogged = dossiers.unlogged(start.unlogged).filter(fits);
      blocks.push(...unlogged.slice(0, size).map(knownOf));
      if (unlogged.length > size) {
        return { blocks, next: { unlogged: unlogged[size - 1]!.number }, trouble: "" };
      }
    } else below = start.below;
    const left = size - blocks.length;
    if (left === 0) return { blocks, next: { below }, trouble: "" };
    try {
      const page = await this.#lookUp(
        signal,
        (stop) => foundBelow(bus, below, left, (found) => fits({ state: stateOf(found) }), stop),
      );
      blocks.push(...page.found.map((one) => this.#told(one)));
      return { blocks, next: page.below === null ? null : { below: page.below }, trouble: "" };
    } catch (error) {
      if (signal.aborted) throw error;
      const { message } = error as Error;
      if (below !== Infinity) return { blocks, next: null, trouble: message };
      // The log is away: what this process saw decided is better than nothing.
      const logged = dossiers.all().filter((one) => one.foundLoggedAtMs !== 0 && fits(one));
      return {
        blocks: [...blocks, ...logged.slice(0, left).map(knownOf)],
        next: null,
        trouble: message,
      };
    }
  }

  /** @throws {NoSuchBlock} @throws {LogSilent} It is not in memory, and the topics do not answer. */
  async find(hash: string, signal: AbortSignal): Promise<KnownBlock> {
    const dossier = this.deps.dossiers.get(hash);
    if (dossier !== undefined) return knownOf(dossier);
    const found = await this.#lookUp(signal, (stop) => foundOf(this.deps.bus, hash, stop));
    if (found === undefined) {
      throw new NoSuchBlock(
        `no block ${hash}: it is not in memory, and not on block.found as far as that was looked through`,
      );
    }
    return this.#told(found);
  }

  /** @throws As `find`. */
  async whole(hash: string, signal: AbortSignal): Promise<WholeBlock> {
    const { bus, dossiers } = this.deps;
    const known = await this.find(hash, signal);
    const dossier = dossiers.get(hash);
    const missing: string[] = [];
    const ask = async <T>(what: string, find: (stop: AbortSignal) => Promise<T | undefined>) => {
      try {
        const found = await this.#lookUp(signal, find);
        if (found === undefined) missing.push(`${what} is not on its topic`);
        return found;
      } catch (error) {
        if (signal.aborted) throw error;
        missing.push(`${what} could not be read: ${(error as Error).message}`);
        return undefined;
      }
    };
    const [candidate, solved, job] = await Promise.all([
      ask("The candidate", (stop) => candidateOf(bus, hash, nearOf(known, dossier), stop)),
      dossier?.block ? undefined : ask("The block", (stop) => this.#solved(known, stop)),
      ask(
        `Job ${known.facts.jobId}`,
        (stop) => jobOf(bus, known.facts.jobId, jobNearOf(known), stop),
      ),
    ]);
    return { known, dossier, candidate, solved, job, missing };
  }

  /** The block as submitblock takes it. @throws As `find`; {NoSuchBlock} where its bytes are gone. */
  async bytes(hash: string, signal: AbortSignal): Promise<Uint8Array> {
    const known = await this.find(hash, signal);
    const held = this.deps.dossiers.get(hash)?.block;
    if (held) return held;
    const solved = await this.#lookUp(signal, (stop) => this.#solved(known, stop));
    if (solved === undefined) {
      throw new NoSuchBlock(
        `the bytes of block ${hash} are not in memory, and not on block.solved`,
      );
    }
    return solved.message.block;
  }

  /**
   * Gives the block to every node once, whatever was said of it before. Where one has it on its best chain and the pool
   * has not heard so, that is announced.
   *
   * @throws As `bytes`; what the bus throws where the nodes have it and that could not be announced.
   */
  async again(
    hash: string,
    signal: AbortSignal,
  ): Promise<{ before: DossierState; after: DossierState; attempts: readonly KnownAttempt[] }> {
    const { nodes, dossiers, isOpen } = this.deps;
    const known = await this.find(hash, signal);
    const before = known.state;
    const block = await this.bytes(hash, signal);
    const answers = await nodes.submitAll(block, signal);
    const attempts = answers.map((answer) => ({ attempt: attemptOf(answer), again: true }));
    const dossier = dossiers.get(hash);
    for (const { attempt } of attempts) {
      if (dossier !== undefined) dossiers.answered(dossier, attempt, true);
    }
    // The fight that is on hears of it by itself.
    if (before === "accepted" || isOpen(hash)) {
      return { before, after: dossier?.state ?? before, attempts };
    }
    const stands = answers.some(({ answer }) => answer.kind === "accepted") ||
      await standingOf(nodes, keyOf(hash), signal) === "best";
    if (!stands) return { before, after: before, attempts };
    await this.#announce(known, attempts, signal);
    return { before, after: "accepted", attempts };
  }

  async #announce(
    known: KnownBlock,
    again: readonly KnownAttempt[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, dossiers, announce } = this.deps;
    const found = create(BlockFoundSchema, {
      facts: known.facts,
      outcome: BlockOutcome.ACCEPTED,
      attempts: [...known.attempts, ...again].map(({ attempt }) => attempt),
    });
    const loggedAtMs = await within(announce(found), clock, ANNOUNCE_MS, signal, () =>
      new Error(
        "a node has the block, but the bus did not take the announcement in time: give it again when the bus is back",
      ));
    const dossier = dossiers.get(known.hash);
    if (dossier === undefined) return;
    dossier.state = "accepted";
    dossier.reason = "";
    dossiers.closed(dossier, loggedAtMs);
  }

  /** What block.found tells, with what this process knows beside it. */
  #told(found: Told<BlockFound>): KnownBlock {
    const known = fromFound(found);
    const dossier = this.deps.dossiers.get(known.hash);
    // Answers that came after the announcement are in memory only.
    return dossier === undefined ? known : { ...known, attempts: [...dossier.attempts] };
  }

  async #solved(known: KnownBlock, stop: AbortSignal): Promise<Told<BlockSolved> | undefined> {
    const { bus, dossiers } = this.deps;
    const dossier = dossiers.get(known.hash);
    if (dossier?.solved) return await solvedAt(bus, dossier.solved.offset, stop);
    return await solvedOf(bus, known.hash, nearOf(known, dossier), stop);
  }

  #lookUp<T>(signal: AbortSignal, ask: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const asked = ask(stop.signal);
    return within(asked, this.deps.clock, LOOK_UP_MS, signal, () => new LogSilent())
      .finally(() => stop.abort());
  }
}

/** What `work` gives, unless that takes longer than `ms`, or `signal` aborts. */
async function within<T>(
  work: Promise<T>,
  clock: Pick<Clock, "sleep">,
  ms: number,
  signal: AbortSignal,
  late: () => Error,
): Promise<T> {
  const settled = new AbortController();
  const over = clock.sleep(ms, AbortSignal.any([signal, settled.signal])).then(() => {
    throw signal.aborted ? signal.reason : late();
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    settled.abort("settled");
  }
}
