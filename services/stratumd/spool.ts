/**
 * Candidates on disk until the pool knows what became of them. A candidate is in a file, fsynced, before anything
 * else happens with it: whatever dies afterwards, it is found again at the next start.
 *
 * @module
 */
import { type BlockCandidate, BlockCandidateSchema, fromBinary, toBinary } from "@gopool/proto";
import { displayHash, type Hash } from "@gopool/chain";

/** A candidate whose end is not known yet. */
export interface Spooled {
  /** The block's hash as explorers show it: the file's name and the key here. */
  readonly id: string;
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly receivedAtMs: number;
}

const SUFFIX = ".candidate";
const UNFINISHED = ".part";

export class Spool {
  readonly #entries = new Map<string, Spooled>();

  private constructor(private readonly folder: string, private readonly max: number) {}

  /**
   * Opens the folder, makes it where it is missing, and reads what a past life left. A file that cannot be read is
   * left where it is and told.
   *
   * @throws Whatever the file system says: without a spool no gateway may run.
   */
  static async open(
    folder: string,
    max: number,
    unreadable: (file: string, error: Error) => void,
  ): Promise<Spool> {
    await Deno.mkdir(folder, { recursive: true });
    const spool = new Spool(folder, max);
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(SUFFIX)) continue;
      try {
        const bytes = await Deno.readFile(`${folder}/${name}`);
        spool.#add(bytes, fromBinary(BlockCandidateSchema, bytes));
      } catch (error) {
        unreadable(name, error as Error);
      }
    }
    return spool;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Oldest first. */
  entries(): Iterable<Spooled> {
    return this.#entries.values();
  }

  /** When the oldest candidate came, ms since the Unix epoch; undefined when there is none. */
  oldestMs(): number | undefined {
    let oldest: number | undefined;
    for (const { receivedAtMs } of this.#entries.values()) {
      oldest = Math.min(oldest ?? receivedAtMs, receivedAtMs);
    }
    return oldest;
  }

  /**
   * Gives the entry, which is then on disk, or null if it was there already.
   *
   * @throws {SpoolFault} The disk refused, or the spool is full. The entry is then kept in memory where there is
   *   room, so that it is published none the less.
   */
  put(candidate: BlockCandidate): Spooled | null {
    const bytes = toBinary(BlockCandidateSchema, candidate);
    const id = displayHash(candidate.facts!.hash as Hash);
    if (this.#entries.has(id)) return null;
    if (this.#entries.size >= this.max) {
      throw new SpoolFault(
        `the spool holds ${this.max} candidates already`,
        entryOf(bytes, candidate),
      );
    }
    const entry = this.#add(bytes, candidate);
    try {
      this.#write(id, bytes);
    } catch (error) {
      throw new SpoolFault((error as Error).message, entry);
    }
    return entry;
  }

  /** The pool knows what became of it. Gives whether it was here. */
  async clear(id: string): Promise<boolean> {
    if (!this.#entries.delete(id)) return false;
    await this.#remove(id);
    return true;
  }

  #add(bytes: Uint8Array, candidate: BlockCandidate): Spooled {
    const entry = entryOf(bytes, candidate);
    this.#entries.set(entry.id, entry);
    return entry;
  }

  /**
   * Synchronous on purpose: when it returns the candidate is safe, so that nothing which follows in the same turn
   * (the share's own record, its answer) can outlive a candidate that does not. Blocks are rare.
   */
  #write(id: string, bytes: Uint8Array): void {
    const place = `${this.folder}/${id}${SUFFIX}`;
    {
      using file = Deno.openSync(place + UNFINISHED, { write: true, create: true, truncate: true });
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncSync();
    }
    // A name appears only with its whole contents; the folder is synced so that the name survives, too.
    Deno.renameSync(place + UNFINISHED, place);
    using folder = Deno.openSync(this.folder, { read: true });
    folder.syncSync();
  }

  async #remove(id: string): Promise<void> {
    try {
      await Deno.remove(`${this.folder}/${id}${SUFFIX}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The candidate is not safe on disk. `entry` is to be published all the same, at once. */
export class SpoolFault extends Error {
  override name = "SpoolFault";
  constructor(why: string, readonly entry: Spooled) {
    super(`Cannot spool candidate ${entry.id}: ${why}`);
  }
}

function entryOf(bytes: Uint8Array, candidate: BlockCandidate): Spooled {
  const hash = candidate.facts!.hash;
  return {
    id: displayHash(hash as Hash),
    hash,
    bytes,
    receivedAtMs: Number(candidate.receivedAtMs),
  };
}
