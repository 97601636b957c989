/**
 * Messages that could not be used, kept with the reason.
 *
 * @module
 */
import type { Tx } from "../port.ts";

export interface DeadLetter {
  /** `bus.logId()`: offsets mean something only with it. */
  readonly busId: string;
  readonly topic: string;
  readonly partition: number;
  /** In that topic. */
  readonly offset: number;
  readonly loggedAtMs: number;
  /** A sentence. */
  readonly reason: string;
  readonly value: Uint8Array;
}

/** Reasons carry words of the message itself: they are cut, and PostgreSQL's text holds no NUL. */
const REASON_MAX_LENGTH = 500;

/** Keeps the messages; one that is there already stays as it is. */
export async function keepDeadLetters(
  tx: Tx,
  letters: readonly DeadLetter[],
  nowMs: number,
): Promise<void> {
  if (letters.length === 0) return;
  await tx.prepared(
    "dead_letters_keep",
    `INSERT INTO dead_letter (bus_id, topic, partition, record_offset, logged_at_ms, reason, value, at_ms)
     SELECT *, $8::bigint FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[])
     ON CONFLICT DO NOTHING`,
    [
      letters.map(({ busId }) => busId),
      letters.map(({ topic }) => topic),
      letters.map(({ partition }) => partition),
      letters.map(({ offset }) => offset),
      letters.map(({ loggedAtMs }) => loggedAtMs),
      letters.map(({ reason }) => cleanText(reason, REASON_MAX_LENGTH)),
      letters.map(({ value }) => value),
      nowMs,
    ],
  );
}

/** Text as PostgreSQL takes it, of at most so many characters. */
export function cleanText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replaceAll("\0", "\ufffd").toWellFormed();
}
