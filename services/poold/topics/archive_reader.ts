/**
 * The archive as its readers see it: partitions from an offset on, as the bus gives them.
 *
 * @module
 */
import type { Batch, Topic } from "@gopool/bus";
import { createHash } from "node:crypto";
import { type ArchivedFile, ArchiveFault, readManifest } from "./archive_folder.ts";
import { unframed } from "./archive_frames.ts";

export interface Archive {
  readonly folder: string;
  /** The log's id with its epoch. */
  readonly logId: string;
  /** Partitions of which it has anything. */
  partitions(topic: Topic): number[];
  /** Offsets that it holds of a partition, `from` to below `next`; null where it has none. */
  held(topic: Topic, partition: number): { readonly from: number; readonly next: number } | null;
  /**
   * Records of a partition from an offset that it holds to its end. Reads one file at a time, a megabyte of it or so
   * in memory, and holds each against its SHA-256: a file that was changed is known when its end is reached.
   *
   * @throws {ArchiveFault}
   */
  read(topic: Topic, partition: number, from: number): AsyncIterable<Batch>;
}

/** @throws {ArchiveFault} There is none, or its manifest says nonsense. */
export async function openArchive(folder: string): Promise<Archive> {
  const manifest = await readManifest(folder);
  if (manifest === null) {
    throw new ArchiveFault(
      `There is no archive at ${folder}: \`deno task topics archive --to ${folder}\` makes one`,
    );
  }
  const { log, files } = manifest;
  const filesOf = (topic: Topic, partition: number) =>
    files.filter((one) => one.topic === topic.name && one.partition === partition);
  checkFollows(folder, files);
  return {
    folder,
    logId: log,
    partitions: (topic) => [
      ...new Set(files.filter((one) => one.topic === topic.name).map(({ partition }) => partition)),
    ],
    held(topic, partition) {
      const own = filesOf(topic, partition);
      return own.length === 0 ? null : { from: own[0]!.from, next: own.at(-1)!.next };
    },
    async *read(topic, partition, from) {
      for (const file of filesOf(topic, partition)) {
        if (file.next <= from) continue;
        for await (const messages of recordsOf(folder, file)) {
          const wanted = messages.filter(({ offset }) => offset >= from);
          if (wanted.length > 0) yield { partition, messages: wanted };
        }
      }
    },
  };
}

/** Within a partition each file begins where the one before it ended. */
function checkFollows(folder: string, files: readonly ArchivedFile[]): void {
  const ends = new Map<string, number>();
  for (const { topic, partition, file, from, next } of files) {
    const key = `${topic}/${partition}`;
    const end = ends.get(key) ?? from;
    if (end !== from) {
      throw new ArchiveFault(
        `${folder}: ${file} begins at offset ${from}, the file before it ends at ${end}`,
      );
    }
    ends.set(key, next);
  }
}

async function* recordsOf(folder: string, file: ArchivedFile) {
  const hash = createHash("sha256");
  let records = 0;
  try {
    using opened = await Deno.open(`${folder}/${file.file}`, { read: true });
    const hashed = opened.readable.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(chunk, controller) {
          hash.update(chunk);
          controller.enqueue(chunk);
        },
      }),
    );
    const plain = hashed.pipeThrough(new DecompressionStream("gzip"));
    for await (const messages of unframed(plain, file.partition)) {
      records += messages.length;
      yield messages;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ArchiveFault(`${folder}/${file.file} is missing`);
    }
    // Of a damaged file: the stream's own words, or those about records.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new ArchiveFault(`${folder}/${file.file} cannot be read: ${error.message}`);
  }
  const found = hash.digest("hex");
  if (found === file.sha256 && records === file.records) return;
  throw new ArchiveFault(
    `${folder}/${file.file} has changed: SHA-256 ${found}, the manifest says ${file.sha256}`,
  );
}
