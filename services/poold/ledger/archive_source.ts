/** An archive as a place that a rebuild reads from. @module */
import type { Source } from "@gopool/payoutd/books";
import { openArchive } from "../topics/archive_reader.ts";
import { ARCHIVED } from "../topics/archive.ts";

/** @throws {ArchiveFault} There is none. */
export async function archiveSource(folder: string): Promise<Source> {
  const archive = await openArchive(folder);
  return {
    name: `the archive at ${folder}`,
    isOf: (log) => log.id === archive.logId,
    held(topic) {
      const partitions = ARCHIVED.includes(topic) ? archive.partitions(topic) : [];
      return Promise.resolve(
        partitions.map((partition) => ({ partition, ...archive.held(topic, partition)! })),
      );
    },
    read: (topic, partition, from) => archive.read(topic, partition, from),
  };
}
