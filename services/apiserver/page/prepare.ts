/**
 * Whether the page has to be built before a program starts, and how.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MANIFEST, type Manifest } from "./manifest.ts";
import { pageKey } from "./sources.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Deno's arguments for the process that builds the page into a folder; null where it stands there already, of these
 * very sources. That process may read the project and write to the folder, nothing else; the bundler's program comes
 * from the npm registry by Deno itself, once. It never fails for want of a page: a pool mines without one.
 */
export function pagePreparation(folder: string): string[] | null {
  if (builtKey(folder) === pageKey()) return null;
  const quoted = folder.replaceAll(",", ",,");
  return [
    ...["run", "--quiet", "--no-prompt", "--unstable-bundle"],
    `--allow-read=${ROOT.replaceAll(",", ",,")},${quoted}`,
    `--allow-write=${quoted}`,
    fileURLToPath(new URL("build/main.ts", import.meta.url)),
    folder,
  ];
}

function builtKey(folder: string): string | null {
  try {
    return (JSON.parse(readFileSync(`${folder}/${MANIFEST}`, "utf8")) as Manifest).key;
  } catch {
    // None, or none that can be read: it is built, and whoever builds it says what is wrong.
    return null;
  }
}
