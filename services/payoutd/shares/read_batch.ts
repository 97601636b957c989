/**
 * The chain rule over a batch of share.valid: from where the reading of a partition stands to where it stands then, and
 * what counts between. Pure, so that who computes the books again does it by the same words.
 *
 * @module
 */
import type { Batch, Message } from "@gopool/bus";
import type { SharePosition } from "@gopool/ledger/shares";
import { type Link, ruleOn } from "@gopool/shares";
import type { ReadShare, Share, ShareReader } from "./share.ts";

/** Where the reading of one partition stands, and in which log. */
export interface Standing {
  readonly log: { readonly number: number; readonly id: string };
  readonly at: SharePosition;
  /** Source offsets at which the reading of closed logs ended on this partition, by their ids. */
  readonly former: ReadonlyMap<string, number>;
}

/** Something valid after `from`, `to` at the latest, was never seen. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** The record in share.valid that showed it. */
  readonly offset: number;
}

/** A record that cannot be used, and why. */
export interface Letter {
  readonly message: Message;
  readonly reason: string;
}

export interface BatchReading {
  /** Where the reading stands then: the same as before while a gap lasts. */
  readonly to: SharePosition;
  /** What counts, in order. */
  readonly shares: readonly Share[];
  readonly letters: readonly Letter[];
  /** Records of shares of other pools. */
  readonly foreign: readonly { readonly message: Message; readonly pool: string }[];
  /** The gap that stands at the end of the batch. */
  readonly gap: Gap | undefined;
  /** Why the reading cannot go on at `to.nextOffset`, in a sentence. */
  readonly fault: string | undefined;
}

const BEGIN = "If this log is to be read from here on: deno task ledger begin";

/**
 * Rules on each record of a batch.
 *
 * A gap holds everything: it is read on, but nothing counts and the position stays, until a record comes that links.
 *
 * @param gap The one that stands before the batch.
 */
export function readBatch(
  { log, at, former }: Standing,
  { partition, messages }: Batch,
  reader: ShareReader,
  gap?: Gap,
): BatchReading {
  let position = {
    logId: log.id,
    offset: at.sourceOffset,
    headerHash: at.headerHash,
    loggedAtMs: at.loggedAtMs,
  };
  let next = at.nextOffset;
  let fault: string | undefined;
  const shares: Share[] = [];
  const letters: Letter[] = [];
  const foreign: { message: Message; pool: string }[] = [];

  const count = (message: Message, read: Linked) => {
    if (read.kind === "share") shares.push(read.share);
    else if (read.kind === "foreign") foreign.push({ message, pool: read.pool });
    else if (read.kind === "unpayable") letters.push({ message, reason: read.reason });
  };

  for (const message of messages) {
    if (message.offset < at.nextOffset) continue;
    const read = reader.read(message, partition);
    if (read.kind === "unreadable") {
      letters.push({ message, reason: read.reason });
    } else if (read.kind !== "mark" && read.link.logId !== log.id) {
      const passed = ofClosedLog(read.link, former);
      if (passed === undefined) {
        fault = sentence(
          partition,
          message,
          `it is of log "${read.link.logId}", the ledger reads "${log.id}"`,
        );
        break;
      }
      if (passed !== "counted") letters.push({ message, reason: passed });
    } else {
      const ruling = ruleOn(position, read.link);
      if (ruling.kind === "fault") {
        fault = sentence(partition, message, ruling.problem);
        break;
      }
      if (ruling.kind === "gap") {
        gap ??= { from: ruling.from, to: ruling.to, offset: message.offset };
      } else if (ruling.kind === "apply") {
        position = ruling.position;
        gap = undefined;
        count(message, read);
      }
    }
    if (gap === undefined) next = message.offset + 1;
  }
  const to = {
    partition,
    sourceOffset: position.offset,
    // A copy: the record's bytes are not held for it.
    headerHash: position.headerHash.slice(),
    loggedAtMs: position.loggedAtMs,
    nextOffset: next,
  };
  return { to, shares, letters, foreign, gap, fault };
}

type Linked = Exclude<ReadShare, { kind: "unreadable" }>;

/** A record of a log that was closed: "counted" before that, or why it is passed; undefined for a log never heard of. */
function ofClosedLog(
  { logId, sourceOffset }: Link,
  former: ReadonlyMap<string, number>,
): string | undefined {
  const end = former.get(logId);
  if (end === undefined) return undefined;
  if (sourceOffset <= end) return "counted";
  return `it came when its log "${logId}" was closed at offset ${end}`;
}

function sentence(partition: number, { offset }: Message, problem: string): string {
  return `Cannot count share.valid/${partition} offset ${offset}: ${problem}. ${BEGIN}`;
}

/** What stands on the board while a gap lasts. */
export function gapSentence(partition: number, { from, to, offset }: Gap): string {
  const seen = from < 0 ? "none was seen yet" : `the last one counted is at ${from}`;
  return `Gap in share.valid/${partition}: the record at ${offset} follows a valid share at offset ${to} of ` +
    `share.submissions, ${seen}. Nothing of this partition is counted until what is missing comes: ` +
    `deno task topics republish --partition ${partition} --from ${from + 1}`;
}
