/**
 * The page's sources, and the key that tells whether a built page is of these.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const HERE = new URL("./", import.meta.url);
const ROOT = new URL("../../../", HERE);

/** The folder of what runs in the browser. */
export const APP = new URL("app/", HERE);

/** Everything below a folder but tests, sorted, relative to it. */
function filesBelow(folder: URL, at = ""): string[] {
  return readdirSync(new URL(at, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${at}${entry.name}`;
    if (entry.isDirectory()) return filesBelow(folder, `${path}/`);
    return /(_test|_fixture)\.tsx?$/.test(path) ? [] : [path];
  }).sort();
}

/**
 * Hash of all that a built page depends on: the sources, how they are put together, the libraries' versions (the lock
 * has them) and the bundler, which comes with Deno. Takes some milliseconds.
 */
export function pageKey(): string {
  const hash = createHash("sha256").update(`${Deno.version.deno}\n`);
  const inputs: [URL, string[]][] = [
    [APP, filesBelow(APP)],
    [new URL("build/", HERE), filesBelow(new URL("build/", HERE))],
    [ROOT, ["deno.lock"]],
  ];
  for (const [folder, paths] of inputs) {
    for (const path of paths) {
      const text = readFileSync(new URL(path, folder));
      hash.update(`${path} ${text.length}\n`).update(text);
    }
  }
  return hash.digest("hex").slice(0, 32);
}
