/**
 * Where an embedded ledger stands, and who runs it. PostgreSQL refuses to run as root: for root it runs as a user
 * without a name and without rights, who must be able to enter every folder on the way. That is decided once, when the
 * ledger is made, and written down in the data folder; from then on the ledger is where it is.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { LedgerNotOpened } from "../port.ts";
import {
  copyPrograms,
  exists,
  type Installed,
  installed,
  librariesAreNamed,
  nameLibraries,
  needInstalled,
} from "./programs.ts";

/** User and group "nobody" of most systems; it needs no entry anywhere. */
const NOBODY = 65_534;

/** Where it stands for root when the data folder cannot be entered by others: root's home, as a rule. */
export const SYSTEM_FOLDER = "/var/lib/gopool";

export interface Home {
  /** Holds `cluster` (the data), `password` (0600) and the locks. All of a backup. */
  readonly folder: string;
  /** Holds bin, lib and share. */
  readonly programs: string;
  /** Who runs it: null, the user that runs the pool. */
  readonly uid: number | null;
  /** A sentence where it stands elsewhere than in the data folder. */
  readonly note: string | null;
}

/** What is written down in `DATA/ledger/home.json`. A data folder may be moved: of what is in it no path is kept. */
interface Noted {
  readonly elsewhere: string | null;
  readonly programs: string;
  readonly uid: number | null;
}

/** The folder of the data folder that belongs to the embedded ledger. */
export function ledgerFolder(dataDir: string): string {
  return `${dataDir}/ledger`;
}

const noteOf = (dataDir: string) => `${ledgerFolder(dataDir)}/home.json`;

/** What is written down; null where nothing has been prepared. Synchronous: the launcher asks it, too. */
export function homeOf(dataDir: string): Home | null {
  try {
    return homeFrom(dataDir, JSON.parse(Deno.readTextFileSync(noteOf(dataDir))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether prepareHome() would change nothing. Synchronous, and for who may read everything. */
export function isPrepared(dataDir: string): boolean {
  const found = installed();
  const home = homeOf(dataDir);
  if (found === null || home === null || !librariesAreNamed(home.programs)) return false;
  return home.programs === found.folder ||
    home.programs === `${SYSTEM_FOLDER}/postgresql-${found.version}`;
}

function homeFrom(dataDir: string, { elsewhere, programs, uid }: Noted): Home {
  const folder = elsewhere ?? Deno.realPathSync(ledgerFolder(dataDir));
  const note = elsewhere === null
    ? null
    : `The ledger stands in ${elsewhere}: its user cannot enter ${dataDir}`;
  return { folder, programs, uid, note };
}

/**
 * Makes ready what needs rights that the pool itself should not have: decides where the ledger stands and makes its
 * folder, names the libraries or copies the programs. Done again it changes nothing but the place of the programs.
 *
 * @throws {LedgerNotOpened} In a sentence.
 */
export async function prepareHome(dataDir: string): Promise<Home> {
  const found = needInstalled();
  const before = homeOf(dataDir);
  await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
  await Deno.mkdir(ledgerFolder(dataDir), { recursive: true, mode: 0o755 });
  const real = await Deno.realPath(dataDir);
  const where = before === null ? await newPlace(real, await runsAsRoot(real)) : {
    elsewhere: before.note === null ? null : before.folder,
    uid: before.uid,
  };
  const noted: Noted = { ...where, programs: await readyPrograms(found, where.uid) };
  if (before?.programs !== noted.programs) {
    await writeWhole(noteOf(dataDir), `${JSON.stringify(noted, null, 2)}\n`);
  }
  return homeFrom(dataDir, noted);
}

/** A file that this process makes is its user's. */
async function runsAsRoot(folder: string): Promise<boolean> {
  const path = `${ledgerFolder(folder)}/.${crypto.randomUUID()}`;
  await Deno.writeTextFile(path, "");
  const { uid } = await Deno.stat(path);
  await Deno.remove(path);
  return uid === 0;
}

async function newPlace(dataDir: string, root: boolean): Promise<Omit<Noted, "programs">> {
  if (!root) return { elsewhere: null, uid: null };
  const uid = NOBODY;
  if (await openToGroup(dataDir) && await canEnter(ledgerFolder(dataDir), uid)) {
    return { elsewhere: null, uid };
  }
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(dataDir)),
  );
  const name = `${basename(dataDir)}-${digest.toHex().slice(0, 8)}`;
  const elsewhere = `${SYSTEM_FOLDER}/ledgers/${name}`;
  if (await exists(`${elsewhere}/password`)) {
    throw new LedgerNotOpened(
      `${elsewhere} is the ledger of a data folder that stood at ${dataDir} before and is gone: put its ledger/home.json back, or move that folder away for a new ledger`,
    );
  }
  await Deno.mkdir(elsewhere, { recursive: true, mode: 0o755 });
  return { elsewhere, uid };
}

/** Lets that user pass through a data folder that is root's alone: pass, neither list nor read. */
async function openToGroup(dataDir: string): Promise<boolean> {
  if (!await canEnter(dirname(dataDir), NOBODY)) return false;
  const { mode, uid } = await Deno.stat(dataDir);
  if (uid !== 0 || mode === null || (mode & 0o077) !== 0) return true;
  await Deno.chown(dataDir, null, NOBODY);
  await Deno.chmod(dataDir, 0o710);
  return true;
}

/** Whether that user may enter the folder and each above it. */
async function canEnter(folder: string, user: number): Promise<boolean> {
  for (let at = folder;; at = dirname(at)) {
    const { mode, uid, gid } = await Deno.stat(at);
    const bit = uid === user ? 0o100 : gid === user ? 0o010 : 0o001;
    if (((mode ?? 0) & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function readyPrograms({ folder, version }: Installed, uid: number | null): Promise<string> {
  if (uid !== null && !await canEnter(await Deno.realPath(folder), uid)) {
    const copy = `${SYSTEM_FOLDER}/postgresql-${version}`;
    await copyPrograms(folder, copy);
    return copy;
  }
  try {
    if (!librariesAreNamed(folder)) await nameLibraries(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new LedgerNotOpened(
      `The libraries in ${folder} need names that this user may not make: run deno task permissions poold once as who installed them`,
      { cause: error },
    );
  }
  return folder;
}

/** A reader sees all of it or what was there before. */
async function writeWhole(path: string, text: string): Promise<void> {
  const own = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(own, text);
  await Deno.rename(own, path);
}
