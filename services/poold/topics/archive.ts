/**
 * `deno task topics archive --to DIR`: copies what money rests on out of the log before retention takes it, hour by
 * hour. Run from a timer, as often as one likes: what is there is not written again.
 *
 * Of the topics these three: `share.valid` and `block.found`, from which the ledger is computed, and `block.solved`,
 * because a block whose outcome was never told is booked from it. All else is either cut from these or tells nothing
 * about money.
 *
 * @module
 */
import {
  blockFound,
  blockSolved,
  type Bus,
  type Message,
  shareValid,
  type Topic,
} from "@gopool/bus";
import type { Clock } from "@gopool/runtime";
import { decodeJudged } from "@gopool/shares";
import { type ArchivedFile, ArchiveFault, ArchiveFolder, fileProblem } from "./archive_folder.ts";
import { framed } from "./archive_frames.ts";

export const ARCHIVED: readonly Topic[] = [shareValid, blockFound, blockSolved];

const HOUR_MS = 3_600_000;
/** An hour is closed this long after its end: brokers' clocks and this machine's may differ by minutes. */
const CLOSED_AFTER_MS = 10 * 60_000;

export interface ArchiveDeps {
  readonly bus: Bus;
  readonly clock: Pick<Clock, "now">;
  /** The log's id with its epoch, as `share.valid` names it. */
  readonly logId: string;
  /** Ends the work after the file in hand. */
  readonly signal?: AbortSignal;
}

export interface Archived {
  readonly written: readonly ArchivedFile[];
  /** Files that were there already. */
  readonly kept: number;
}

/**
 * Writes the closed hours that the folder does not have.
 *
 * @param contents Holds what is there against its SHA-256 too, not only against its size.
 * @throws {ArchiveFault} The folder is another log's, what is there is damaged, or the log has lost (or never had)
 *   what should follow it.
 */
export async function archiveTopics(
  { bus, clock, logId, signal }: ArchiveDeps,
  { to, contents = false }: { readonly to: string; readonly contents?: boolean },
): Promise<Archived> {
  using folder = await ArchiveFolder.open(to, logId);
  const kept = folder.files.length;
  await checkFiles(to, folder.files, contents);
  const closedMs = Math.floor((clock.now() - CLOSED_AFTER_MS) / HOUR_MS) * HOUR_MS;
  const written: ArchivedFile[] = [];
  for (const topic of ARCHIVED) {
    for (const { partition } of await bus.ends(topic)) {
      const last = folder.lastOf(topic.name, partition);
      let from = await startOf(bus, topic, partition, last);
      while (signal?.aborted !== true) {
        const file = await nextFile({ bus, logId, folder, topic, partition, from, closedMs });
        if (file === null) break;
        written.push(file);
        from = file.next;
      }
    }
  }
  return { written, kept };
}

/** @throws {ArchiveFault} With every file that is not as the manifest says. */
async function checkFiles(to: string, files: readonly ArchivedFile[], contents: boolean) {
  const problems: string[] = [];
  for (const file of files) {
    const problem = await fileProblem(to, file, contents);
    if (problem !== null) problems.push(problem);
  }
  if (problems.length === 0) return;
  throw new ArchiveFault(
    [`The archive at ${to} is damaged; put back from a copy:`, ...problems].join("\n  "),
  );
}

/** The offset to go on from. */
async function startOf(
  bus: Bus,
  topic: Topic,
  partition: number,
  last: ArchivedFile | undefined,
): Promise<number> {
  const { earliest, next } = (await bus.ends(topic))[partition]!;
  if (last === undefined) return earliest;
  const where = `${topic.name}/${partition}`;
  if (next < last.next) {
    throw new ArchiveFault(
      `${where} ends at offset ${next}, its archive at ${last.next}: the topic was made again; it needs another GOPOOL_SHAREPROC_LOG_EPOCH, and an archive of its own`,
    );
  }
  if (earliest > last.next) {
    throw new ArchiveFault(
      `${where} begins at offset ${earliest}, its archive ends at ${last.next}: what lay between is lost; begin a new archive in another folder, and keep this one`,
    );
  }
  if (earliest < last.next) await checkSameLog(bus, topic, partition, last);
  return last.next;
}

/** The last record that is archived must be the one that the log has there. */
async function checkSameLog(bus: Bus, topic: Topic, partition: number, last: ArchivedFile) {
  for await (const { messages } of bus.read(topic, partition, last.next - 1)) {
    const [first] = messages;
    if (first!.offset !== last.next - 1 || first!.loggedAtMs === last.lastMs) return;
    throw new ArchiveFault(
      `${topic.name}/${partition} has another record at offset ${
        first!.offset
      } than its archive: the topic was made again; it needs another GOPOOL_SHAREPROC_LOG_EPOCH, and an archive of its own`,
    );
  }
}

interface Place {
  readonly bus: Bus;
  readonly logId: string;
  readonly folder: ArchiveFolder;
  readonly topic: Topic;
  readonly partition: number;
  readonly from: number;
  readonly closedMs: number;
}

/** Writes the records of one closed hour; null where nothing is left that is closed. */
async function nextFile(
  { bus, logId, folder, topic, partition, from, closedMs }: Place,
): Promise<ArchivedFile | null> {
  const hour = oneHour(bus.read(topic, partition, from), closedMs);
  const first = await hour.next();
  if (first.done) return null;
  const [record] = first.value;
  if (topic === shareValid) checkLog(logId, partition, record!);
  let records = 0, last = record!;
  const frames = ReadableStream.from((async function* () {
    for (let now: IteratorResult<Message[], void> = first; !now.done; now = await hour.next()) {
      records += now.value.length;
      last = now.value.at(-1)!;
      yield framed(now.value);
    }
  })());
  const name = `${new Date(record!.loggedAtMs).toISOString().slice(0, 13)}-${from}.gz`;
  return await folder.add(
    { topic: topic.name, partition, from, file: `${topic.name}/${partition}/${name}` },
    frames.pipeThrough(new CompressionStream("gzip")),
    () => ({ next: last.offset + 1, records, lastMs: last.loggedAtMs }),
  );
}

/**
 * The records from the first one's hour: up to the first that was logged in a later hour. Nothing where that hour is
 * not closed. Times of a partition may step back a little where brokers' clocks do: what is late stays in this file.
 */
async function* oneHour(
  batches: AsyncIterable<{ readonly messages: readonly Message[] }>,
  closedMs: number,
): AsyncGenerator<Message[], void> {
  let endMs: number | undefined;
  for await (const { messages } of batches) {
    endMs ??= (Math.floor(messages[0]!.loggedAtMs / HOUR_MS) + 1) * HOUR_MS;
    if (endMs > closedMs) return;
    const beyond = messages.findIndex(({ loggedAtMs }) => loggedAtMs >= endMs!);
    const within = beyond < 0 ? messages : messages.slice(0, beyond);
    if (within.length > 0) yield [...within];
    if (beyond >= 0) return;
  }
}

function checkLog(logId: string, partition: number, { offset, value }: Message): void {
  const found = decodeJudged(value).logId;
  if (found === logId) return;
  throw new ArchiveFault(
    `share.valid/${partition} offset ${offset} is of log "${found}", not of "${logId}": GOPOOL_SHAREPROC_LOG_EPOCH must be that of shareproc`,
  );
}
