/**
 * What is made ready before a program starts, by a process that may do that and nothing else.
 *
 * @module
 */
import { isPrepared, SYSTEM_FOLDER } from "@gopool/ledger/home";
import { installed } from "@gopool/ledger/programs";
import { fromRoot } from "./needs.ts";

/**
 * Deno's arguments for the process that makes the embedded ledger ready; null where it is.
 *
 * It may read everything: it asks of the folders on the way who may enter them. It writes to the data folder, to the
 * names of PostgreSQL's libraries, and to the folder that root's ledgers have.
 */
export function ledgerPreparation(dataDir: string): string[] | null {
  if (isPrepared(dataDir)) return null;
  const libraries = installed();
  const places = [dataDir, SYSTEM_FOLDER, ...(libraries ? [`${libraries.folder}/lib`] : [])];
  const list = places.map((place) => place.replaceAll(",", ",,")).join(",");
  return [
    ...["run", "--quiet", "--no-prompt", "--no-remote", "--allow-read", `--allow-write=${list}`],
    fromRoot("services/poold/prepare/main.ts"),
    dataDir,
  ];
}
