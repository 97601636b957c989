/**
 * Which difficulty a session starts at, and between which bounds it may move.
 *
 * @module
 */
import { type Difficulty, difficultyFromBits } from "@gopool/chain";
import { rounded, type Rung, rungOf } from "./difficulty.ts";
import type { Session } from "./session.ts";
import type { DifficultyBounds } from "./vardiff.ts";

export interface PacingSettings {
  readonly sharesPerMinute: number;
  /** 0: by the miner's user agent. */
  readonly startDifficulty: number;
  readonly minDifficulty: number;
  readonly vardiff: "on" | "off";
}

/** For a miner that says nothing of itself: 1 TH/s at 15 shares a minute is 931. Vardiff does the rest. */
const START_DIFFICULTY = 1024;

/** A miner that names its difficulty (`d=`) keeps it while its rate is within this factor of the aim. */
export const HOLD_FACTOR = 4;

/**
 * Where the session begins. What the miner says now (`d=`, then a suggestion) comes before what is remembered of it (of
 * this session, then of its worker's name), and that before what is said of miners in general (by the operator, then by
 * its user agent).
 */
export function startOf(session: Session, settings: PacingSettings): number {
  const { wishes, agent, pastDifficulty } = session;
  return wishes?.held ?? wishes?.suggested ??
    (pastDifficulty > 0
      ? pastDifficulty
      : settings.startDifficulty > 0
      ? settings.startDifficulty
      : agent.startDifficulty ?? START_DIFFICULTY);
}

/**
 * What the session may be given on a job of these nbits. A share need never be harder than a block; but an ASIC is
 * never given less than its floor, where it would flood (stratum-wire 2.5), not even on a test network.
 */
export function boundsOf(
  session: Session,
  settings: PacingSettings,
  nbits: number,
): DifficultyBounds {
  const { wishes, agent, pastDifficulty } = session;
  const asked = Math.min(
    wishes?.held ?? Infinity,
    wishes?.suggested ?? Infinity,
    pastDifficulty > 0 ? pastDifficulty : Infinity,
    settings.startDifficulty > 0 ? settings.startDifficulty : Infinity,
  );
  // A miner that asks for less than an ASIC's floor is none: the floor is not for it.
  const floor = agent.mayAskLower && asked < agent.minimumDifficulty ? 0 : agent.minimumDifficulty;
  const network = networkDifficulty(nbits);
  const max = agent.class === "asic" ? Math.max(network, agent.minimumDifficulty) : network;
  return { min: Math.max(settings.minDifficulty, wishes?.minimum ?? 0, floor), max };
}

let lastBits = 0x1d00ffff;
let lastDifficulty: Difficulty = difficultyFromBits(lastBits);

/** Asked for every session at each job, with the same bits for two weeks: worked out once. */
function networkDifficulty(nbits: number): number {
  if (nbits !== lastBits) {
    lastDifficulty = difficultyFromBits(nbits);
    lastBits = nbits;
  }
  return lastDifficulty;
}

/**
 * The rung that is sent for a wanted difficulty: rounded, within the bounds (the upper one wins). Who is never given
 * less than 1 is given whole numbers, where the network allows any.
 */
export function rungWithin(difficulty: number, { min, max }: DifficultyBounds): Rung {
  const whole = min >= 1 && max >= 1;
  const rounding = rounded(Math.max(difficulty, min), whole);
  const wanted = whole ? Math.max(rounding, Math.ceil(min)) : rounding;
  return rungOf(wanted < max ? wanted : whole ? Math.floor(max) : max);
}
