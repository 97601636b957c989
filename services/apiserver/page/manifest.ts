/**
 * What a built page is: a folder of files, and beside them a list that says what each is.
 *
 * @module
 */

/** One file of the page, in every coding it can be sent in. */
export interface PageFile {
  /** Path of its URL, as "/assets/app-1a2b3c4d.js". */
  readonly path: string;
  /** Media type. */
  readonly type: string;
  /** Without quotes; changes with the contents. */
  readonly etag: string;
  /** The name has its contents' hash: whoever has it never needs to ask again. */
  readonly immutable: boolean;
  /** Names in the folder by content coding. */
  readonly codings: { readonly identity: string; readonly gzip?: string; readonly br?: string };
}

/** The list: written last, so a folder that has one is whole. */
export interface Manifest {
  /** {@link pageKey} of the sources that it was built from. */
  readonly key: string;
  readonly contentSecurityPolicy: string;
  /** Path among `files` of the document that every route of the page answers with. */
  readonly document: string;
  readonly files: readonly PageFile[];
}

/** Its name in the folder. */
export const MANIFEST = "page.json";

/** The list of a folder; null where no whole page is in it. */
export async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await Deno.readTextFile(`${folder}/${MANIFEST}`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Where a pool's data folder keeps the page. */
export function pageFolder(dataDir: string): string {
  return `${dataDir}/page`;
}
