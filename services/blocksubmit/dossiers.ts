/**
 * What is known of the blocks that came here, for people who ask. Nothing is decided by it.
 *
 * @module
 */
import type { BlockFacts, BlockSolved, SubmitAttempt } from "@gopool/proto";
import { ATTEMPTS_MAX, BLOCKS_HELD_MAX, DOSSIERS_MAX } from "./limits.ts";

export type DossierState = "open" | "accepted" | "lost";

/** One answer of one node. */
export interface KnownAttempt {
  readonly attempt: SubmitAttempt;
  /** An operator asked for it. */
  readonly again: boolean;
}

/** Where a record stands. */
export interface Logged {
  readonly offset: number;
  readonly loggedAtMs: number;
}

/** One block. Times are ms since the Unix epoch; 0 where it did not happen, or nobody knows. */
export interface Dossier {
  /** As explorers show it. */
  readonly hash: string;
  readonly facts: BlockFacts;
  /** Of the share, gateway's clock. */
  readonly receivedAtMs: number;
  /** The judge's clock. */
  readonly builtAtMs: number;
  /** 0 for one that is known from the log alone. */
  readonly takenAtMs: number;
  readonly bySecondRoad: boolean;
  readonly attempts: KnownAttempt[];
  state: DossierState;
  /** Why it is open or lost, in sentences. */
  reason: string;
  /** Its first record on block.solved; null where none is read. */
  solved: Logged | null;
  /** Log time of block.found. */
  foundLoggedAtMs: number;
  /** As submitblock takes it; null once the fight is over: the log has it. */
  block: Uint8Array | null;
  /** Rises with each that comes: where a page ends. */
  readonly number: number;
}

/** The last DOSSIERS_MAX of them, and all that are fought for. */
export class Dossiers {
  readonly #all = new Map<string, Dossier>();
  #number = 0;

  get(hash: string): Dossier | undefined {
    return this.#all.get(hash);
  }

  /** Opens the dossier of a block that is fought for from now on; one that is there stays the same. */
  open(hash: string, solved: BlockSolved, logged: Logged | null, nowMs: number): Dossier {
    const known = this.#all.get(hash);
    if (known !== undefined) {
      known.solved ??= logged;
      known.block ??= solved.block;
      return known;
    }
    const dossier: Dossier = {
      hash,
      facts: solved.facts!,
      receivedAtMs: Number(solved.receivedAtMs),
      builtAtMs: Number(solved.builtAtMs),
      takenAtMs: nowMs,
      bySecondRoad: logged === null,
      attempts: [],
      state: "open",
      reason: "",
      solved: logged,
      foundLoggedAtMs: 0,
      block: solved.block,
      number: ++this.#number,
    };
    if (this.#all.size >= DOSSIERS_MAX) this.#dropOldest();
    this.#all.set(hash, dossier);
    return dossier;
  }

  /** Its record on block.solved, where it came by the second road first. */
  logged(hash: string, solved: Logged): void {
    const dossier = this.#all.get(hash);
    if (dossier === undefined) return;
    dossier.solved ??= solved;
    if (dossier.foundLoggedAtMs !== 0) dossier.block = null;
  }

  answered(dossier: Dossier, attempt: SubmitAttempt, again: boolean): void {
    const { attempts } = dossier;
    // As in block.found: of many the first half stays, and the oldest of the second half goes.
    if (attempts.length >= ATTEMPTS_MAX) attempts.splice(ATTEMPTS_MAX / 2, 1);
    attempts.push({ attempt, again });
  }

  /** Its outcome stands on block.found: its bytes are kept no longer than the log does without them. */
  closed(dossier: Dossier, foundLoggedAtMs: number): void {
    dossier.foundLoggedAtMs = foundLoggedAtMs;
    if (dossier.solved !== null) dossier.block = null;
    const held = this.all().filter((one) => one.foundLoggedAtMs !== 0 && one.block !== null);
    for (const one of held.slice(BLOCKS_HELD_MAX)) one.block = null;
  }

  /** Those whose outcome is not on block.found yet: the newest first, of those before `number`. */
  unlogged(number: number): Dossier[] {
    return [...this.#all.values()]
      .filter((one) => one.foundLoggedAtMs === 0 && one.number < number)
      .reverse();
  }

  /** All of them, the newest first. */
  all(): Dossier[] {
    return [...this.#all.values()].reverse();
  }

  #dropOldest(): void {
    for (const { hash, foundLoggedAtMs } of this.#all.values()) {
      if (foundLoggedAtMs === 0) continue;
      this.#all.delete(hash);
      return;
    }
  }
}
