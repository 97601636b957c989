/**
 * How a reader of `share.valid` counts every share once, whatever was written twice, late, or by two writers.
 *
 * Each valid record says where its submission stands (source offset o) and which valid one came before it
 * (previous p): its writer vouches that nothing between p and o is valid. A reader that stands at s applies a
 * record if p <= s < o and moves to o. What lies at or below s was counted; p above s is a gap: something valid
 * was never seen, and nothing may be applied until a record comes that links.
 *
 * @module
 */

/** What of a valid record the rule looks at. */
export interface Link {
  readonly logId: string;
  /** o: offset of the submission in its partition. */
  readonly sourceOffset: number;
  /** p: -1 never one before, -2 the writer could not tell. */
  readonly previousValidOffset: number;
  readonly headerHash: Uint8Array;
  readonly loggedAtMs: number;
  readonly mark: boolean;
}

/** Where a reader stands on one partition: what it stores together with the sums. */
export interface Position {
  readonly logId: string;
  /** s: source offset of the last record applied; -1 before the first. */
  readonly offset: number;
  readonly headerHash: Uint8Array;
  readonly loggedAtMs: number;
}

export type Ruling =
  | { readonly kind: "apply"; readonly position: Position }
  /** Counted before, or a mark. */
  | { readonly kind: "drop" }
  /** Something valid between `from` and the record was never seen. Read on for a record that links. */
  | { readonly kind: "gap"; readonly from: number; readonly to: number }
  /** The log is not the one that was read before: stop, and let somebody look. */
  | { readonly kind: "fault"; readonly problem: string };

/**
 * An old record that comes again has its old log time. One that is below the position and this much later than it
 * is no repeat: the topic was made again under the same name.
 */
export const MADE_AGAIN_MS = 10 * 60_000;

const NO_HASH = new Uint8Array();

/** Where a reader of a log that begins at its beginning stands. */
export function startOf(logId: string): Position {
  return { logId, offset: -1, headerHash: NO_HASH, loggedAtMs: 0 };
}

/** Rules on the next record of a partition for a reader that stands at `at`. Pure. */
export function ruleOn(at: Position, link: Link): Ruling {
  if (link.mark) return { kind: "drop" };
  const { sourceOffset: o, previousValidOffset: p } = link;
  if (link.logId !== at.logId) {
    return { kind: "fault", problem: `it is of log "${link.logId}", not of "${at.logId}"` };
  }
  if (o === at.offset && !equal(link.headerHash, at.headerHash)) {
    return { kind: "fault", problem: `offset ${o} holds another share than the one counted there` };
  }
  if (o <= at.offset) {
    return link.loggedAtMs > at.loggedAtMs + MADE_AGAIN_MS
      ? {
        kind: "fault",
        problem:
          `offset ${o} is below ${at.offset} and was logged long after it: the topic was made again`,
      }
      : { kind: "drop" };
  }
  if (p < -1) {
    return { kind: "fault", problem: `its writer could not tell which valid share came before it` };
  }
  if (p > at.offset) return { kind: "gap", from: at.offset, to: p };
  const { logId, headerHash, loggedAtMs } = link;
  return { kind: "apply", position: { logId, offset: o, headerHash, loggedAtMs } };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
