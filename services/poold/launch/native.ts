/**
 * Where the native part of an npm package lies: code of the machine, which no permission holds back once it is
 * loaded. So no other file may be loaded that way.
 *
 * @module
 */
import { fromRoot } from "./needs.ts";

/** Deno's own layout of node_modules: `.deno/NAME@VERSION/node_modules/NAME`. */
const STORE = "node_modules/.deno";

/** Folders of the package's built parts, for each version that is installed; all packages where none is found. */
export function nativeFolders(name: string): string[] {
  const found = entries(fromRoot(STORE))
    .filter((entry) => entry.startsWith(`${name}@`))
    .map((entry) => `${STORE}/${entry}/node_modules/${name}/build`);
  return (found.length > 0 ? found : ["node_modules"]).map(fromRoot);
}

function entries(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
