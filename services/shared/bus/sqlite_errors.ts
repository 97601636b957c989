/**
 * What SQLite's result codes mean for a write (sqlite.org/rescode.html; node:sqlite hands them over as `errcode`).
 *
 * @module
 */

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR_WRITE = 778;

/** The result code with its extension, or undefined where the error is not SQLite's. */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code : undefined;
}

/**
 * Whether a COMMIT that failed so has certainly left nothing behind. In WAL mode the frame that makes a
 * transaction valid is the last one written, before the sync: a write that fails (full disk, quota, file size
 * limit) leaves that frame incomplete, and recovery drops the transaction. After a failed sync the frame may or
 * may not be on the disk.
 */
export function commitLeftNothing(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined &&
    [SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR_WRITE].includes(code);
}

/** Another process has it, for now. */
export function isLocked(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && [SQLITE_BUSY, SQLITE_LOCKED].includes(code & 0xff);
}

/** The file's contents are wrong: waiting will not help. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 0xff);
}

/** Why, in words that an operator can act on. */
export function reasonOf(error: unknown): string {
  switch ((codeOf(error) ?? 0) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process holds it locked";
    case SQLITE_READONLY:
      return "it may not be written to";
    case SQLITE_FULL:
      return "the disk is full";
    case SQLITE_IOERR:
      return `the disk or the file system failed (${codeOf(error)})`;
    case SQLITE_CORRUPT:
      return "it is damaged";
    case SQLITE_CANTOPEN:
      return "it cannot be opened";
    case SQLITE_NOTADB:
      return "it is not a SQLite database";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
