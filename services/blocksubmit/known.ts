/**
 * A block as far as its fate is concerned, as memory or block.found tells it.
 *
 * @module
 */
import { decodeHeader, displayHash, type Hash } from "@gopool/chain";
import { type BlockFacts, type BlockFound, BlockOutcome } from "@gopool/proto";
import type { Dossier, DossierState, KnownAttempt } from "./dossiers.ts";
import type { Told } from "./history.ts";
import { SOLVED_HORIZON_MS } from "./limits.ts";

/** A block as far as its fate is concerned. */
export interface KnownBlock {
  readonly hash: string;
  readonly facts: BlockFacts;
  readonly state: DossierState;
  readonly reason: string;
  readonly attempts: readonly KnownAttempt[];
  /** Ms since the Unix epoch; 0 where block.found does not have it. */
  readonly foundLoggedAtMs: number;
}

export function knownOf(dossier: Dossier): KnownBlock {
  const { hash, facts, state, reason, foundLoggedAtMs } = dossier;
  return { hash, facts, state, reason, attempts: [...dossier.attempts], foundLoggedAtMs };
}

export function fromFound({ message, loggedAtMs }: Told<BlockFound>): KnownBlock {
  return {
    hash: displayHash(message.facts!.hash as Hash),
    facts: message.facts!,
    state: stateOf(message),
    reason: message.reason,
    attempts: message.attempts.map((attempt) => ({ attempt, again: false })),
    foundLoggedAtMs: loggedAtMs,
  };
}

export function stateOf({ outcome }: BlockFound): DossierState {
  return outcome === BlockOutcome.ACCEPTED ? "accepted" : "lost";
}

/** About when its records on other topics were logged. A block without a T went past them: they came with block.found. */
export function nearOf(known: KnownBlock, dossier: Dossier | undefined): number {
  const { facts: { foundAtMs }, foundLoggedAtMs } = known;
  if (foundAtMs !== 0n) return Number(foundAtMs);
  return dossier?.takenAtMs ?? foundLoggedAtMs - SOLVED_HORIZON_MS;
}

/** A block without a T was found when its header says, give or take what miners roll. */
export function jobNearOf({ facts: { foundAtMs, header } }: KnownBlock): number {
  return foundAtMs !== 0n ? Number(foundAtMs) : decodeHeader(header).time * 1_000;
}
