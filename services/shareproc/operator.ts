/**
 * The operator's word, read from the log itself: `deno task topics reject` and `republish` append it to
 * `share.submissions`, so that it survives a restart and is seen by every reader of the log.
 *
 * @module
 */
import { type Bus, shareSubmissions } from "@gopool/bus";
import { decodeSubmission } from "@gopool/shares";

/**
 * Looks ahead of a record that holds its partition up for a note that rejects it.
 *
 * @param searched Offset to search from: what was searched before need not be read again.
 * @returns The note's reason if there is one, and where a next search begins.
 */
export async function findOperatorNote(
  bus: Bus,
  partition: number,
  searched: number,
  offset: number,
): Promise<{ reason?: string; searched: number }> {
  let next = searched;
  for await (const { messages } of bus.read(shareSubmissions, partition, searched)) {
    for (const message of messages) {
      const note = noteOf(message.value);
      if (note?.rejectOffset !== undefined && note.rejectOffset === offset) {
        return { reason: note.reason, searched: message.offset };
      }
    }
    next = messages.at(-1)!.offset + 1;
  }
  return { searched: next };
}

function noteOf(value: Uint8Array) {
  try {
    return decodeSubmission(value).operator;
  } catch {
    return undefined; // unreadable records are judged, and counted, where they stand
  }
}
