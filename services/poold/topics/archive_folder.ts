/**
 * A folder of the archive: one log's closed hours as files, and a manifest that says what is in them.
 *
 * ```
 * manifest.jsonl                      first line: whose log; then one line a file, in the order they were written
 * share.valid/3/2026-01-01T05-1200.gz partition 3, records from offset 1200 on, logged in that hour (UTC)
 * ```
 *
 * A file appears under its name only when it is whole and on disk; then its line is appended. A crash between the
 * two leaves a file without a line, which the next run writes again, the same bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The archive is not what it should be, or not this log's. The message is for the operator. */
export class ArchiveFault extends Error {
  override name = "ArchiveFault";
}

/** One file: records of one partition, offsets from `from` to below `next`. */
export interface ArchivedFile {
  readonly topic: string;
  readonly partition: number;
  /** Below the folder. */
  readonly file: string;
  readonly from: number;
  readonly next: number;
  readonly records: number;
  /** Log time of its last record, ms since the Unix epoch. */
  readonly lastMs: number;
  /** As it stands on disk. */
  readonly bytes: number;
  readonly sha256: string;
}

interface Head {
  readonly format: 1;
  readonly log: string;
}

const MANIFEST = "manifest.jsonl";
const FORMAT = 1;

/** What is written in a manifest. `whole`: bytes up to the end of the last line that is whole. */
interface Manifest {
  readonly log: string;
  readonly files: ArchivedFile[];
  readonly whole: number;
}

/**
 * Reads the manifest; null where the folder has none yet. A last line that a crash has cut is left out.
 *
 * @throws {ArchiveFault} It is none of ours.
 */
export async function readManifest(folder: string): Promise<Manifest | null> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(`${folder}/${MANIFEST}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const whole = bytes.lastIndexOf(10) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, whole)).split("\n").slice(0, -1);
  if (lines.length === 0) return null;
  try {
    const [head, ...files] = lines.map((line) => JSON.parse(line)) as [Head, ...ArchivedFile[]];
    if (head.format !== FORMAT) throw new SyntaxError(`its format is ${head.format}`);
    return { log: head.log, files, whole };
  } catch (error) {
    throw new ArchiveFault(
      `${folder}/${MANIFEST} is no manifest of an archive: ${(error as Error).message}`,
    );
  }
}

/** The folder as its one writer holds it. */
export class ArchiveFolder implements Disposable {
  readonly #manifest: Deno.FsFile;

  private constructor(
    readonly path: string,
    readonly files: ArchivedFile[],
    manifest: Deno.FsFile,
  ) {
    this.#manifest = manifest;
  }

  /**
   * Opens the folder for writing, makes it where it is missing, and holds it against a second writer.
   *
   * @throws {ArchiveFault} It is another log's, another process writes to it, or files stand in it that no manifest
   *   names.
   */
  static async open(path: string, log: string): Promise<ArchiveFolder> {
    await Deno.mkdir(path, { recursive: true });
    const found = await readManifest(path);
    if (found === null) await refuseForeign(path);
    else if (found.log !== log) {
      throw new ArchiveFault(
        `${path} is the archive of log "${found.log}", this pool's log is "${log}": name a folder of its own for each log`,
      );
    }
    const manifest = await Deno.open(`${path}/${MANIFEST}`, {
      create: true,
      read: true,
      write: true,
    });
    if (!await manifest.tryLock(true)) {
      manifest.close();
      throw new ArchiveFault(`Another process is writing to the archive at ${path}`);
    }
    // Read again under the lock: another may have written in between.
    const { files, whole } = await readManifest(path) ?? { files: [], whole: 0 };
    const folder = new ArchiveFolder(path, files, manifest);
    await manifest.truncate(whole);
    await manifest.seek(0, Deno.SeekMode.End);
    if (whole === 0) await folder.#line({ format: FORMAT, log });
    return folder;
  }

  /** Where the archive of a partition ends; undefined where it has nothing of it. */
  lastOf(topic: string, partition: number): ArchivedFile | undefined {
    return this.files.findLast((one) => one.topic === topic && one.partition === partition);
  }

  /** Writes a file whole or not at all, then its line. */
  async add(
    place: Pick<ArchivedFile, "topic" | "partition" | "file" | "from">,
    content: ReadableStream<Uint8Array>,
    /** Asked when `content` has ended. */
    what: () => Pick<ArchivedFile, "next" | "records" | "lastMs">,
  ): Promise<ArchivedFile> {
    const path = `${this.path}/${place.file}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(folder, { recursive: true });
    const sha256 = createHash("sha256");
    let bytes = 0;
    {
      using file = await Deno.open(`${path}.part`, { write: true, create: true, truncate: true });
      for await (const chunk of content) {
        sha256.update(chunk);
        bytes += chunk.length;
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      }
      await file.sync();
    }
    await Deno.rename(`${path}.part`, path);
    using names = await Deno.open(folder, { read: true });
    await names.sync();
    const { topic, partition, file, from } = place;
    const digest = sha256.digest("hex");
    const added = { topic, partition, file, from, ...what(), bytes, sha256: digest };
    await this.#line(added);
    this.files.push(added);
    return added;
  }

  [Symbol.dispose](): void {
    this.#manifest.close();
  }

  async #line(one: Head | ArchivedFile): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(one)}\n`);
    for (let at = 0; at < bytes.length;) at += await this.#manifest.write(bytes.subarray(at));
    await this.#manifest.sync();
  }
}

/** A folder that is somebody else's is not written into. */
async function refuseForeign(path: string): Promise<void> {
  for await (const { name } of Deno.readDir(path)) {
    if (name === MANIFEST) continue;
    throw new ArchiveFault(
      `${path} is not empty and has no manifest of an archive: name an empty folder, or one of this log's archive`,
    );
  }
}

/**
 * Holds a file against its line: its size, and with `contents` its SHA-256.
 *
 * @returns What is wrong, in a sentence; null where nothing is.
 */
export async function fileProblem(
  folder: string,
  { file, bytes, sha256 }: ArchivedFile,
  contents: boolean,
): Promise<string | null> {
  try {
    const { size } = await Deno.stat(`${folder}/${file}`);
    if (size !== bytes) return `${file} has ${size} bytes, the manifest says ${bytes}`;
    if (!contents) return null;
    const hash = createHash("sha256");
    using opened = await Deno.open(`${folder}/${file}`, { read: true });
    for await (const chunk of opened.readable) hash.update(chunk);
    const found = hash.digest("hex");
    return found === sha256
      ? null
      : `${file} has SHA-256 ${found}, the manifest says ${sha256}: its contents have changed`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${file} is missing`;
    throw error;
  }
}
