/**
 * The operator's word, read from the log itself: `deno task topics reject` and `republish` append it to
 * `share.submissions`, so that it survives a restart and is seen by every reader of the log.
 *
 * @module
 */
import { type Bus, shareSubmissions } from "@gopool/bus";
import { decodeSubmission } from "@gopool/shares";
import { NOTES_MAX, REASON_MAX_LENGTH } from "./limits.ts";

/**
 * What operators say about records that hold a partition up. The log is searched ahead once, however many records
 * are waited at: a note about a later one, met on the way, is remembered.
 */
export class OperatorNotes {
  /** Offset rejected → why. */
  readonly #rejected = new Map<number, string>();
  /** The log is searched up to here. */
  #searched = 0;
  /** Notes were met that are not remembered: another record must be searched for anew. */
  #overflowedAt = -1;

  constructor(private readonly bus: Bus, private readonly partition: number) {}

  /** The reason of a note that rejects the record at `offset`; undefined while there is none. */
  async rejection(offset: number, signal: AbortSignal): Promise<string | undefined> {
    const known = this.#rejected.get(offset);
    if (known !== undefined) return known;
    if (this.#overflowedAt >= 0 && this.#overflowedAt !== offset) {
      this.#overflowedAt = -1;
      this.#rejected.clear();
      this.#searched = offset;
    }
    // A note about a record can only stand after it.
    const from = Math.max(this.#searched, offset);
    for await (const { messages } of this.bus.read(shareSubmissions, this.partition, from)) {
      signal.throwIfAborted();
      for (const { value } of messages) this.#note(value, offset);
      this.#searched = messages.at(-1)!.offset + 1;
    }
    return this.#rejected.get(offset);
  }

  /** The partition has moved past `offset` for good. */
  forget(offset: number): void {
    for (const rejected of this.#rejected.keys()) {
      if (rejected <= offset) this.#rejected.delete(rejected);
    }
  }

  #note(value: Uint8Array, heldUpAt: number): void {
    const note = noteOf(value);
    if (note?.rejectOffset === undefined) return;
    if (this.#rejected.size >= NOTES_MAX && note.rejectOffset !== heldUpAt) {
      this.#overflowedAt = heldUpAt;
      return;
    }
    this.#rejected.set(note.rejectOffset, note.reason.slice(0, REASON_MAX_LENGTH));
  }
}

function noteOf(value: Uint8Array) {
  try {
    return decodeSubmission(value).operator;
  } catch {
    return undefined; // unreadable records are judged, and counted, where they stand
  }
}
