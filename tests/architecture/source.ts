/**
 * The project's source as the architecture test sees it: files, their rooms, their imports.
 *
 * @module
 */

/** One TypeScript file. */
export interface Source {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A workspace member: a room that services share, a service, or the protos. */
export interface Member {
  /** `@gopool/chain` without its scope. */
  readonly name: string;
  readonly folder: string;
  /** Its import map: names to what they stand for. */
  readonly imports: Readonly<Record<string, string>>;
}

export interface Project {
  readonly members: readonly Member[];
  readonly rootImports: Readonly<Record<string, string>>;
  readonly files: readonly Source[];
}

/** What another file is called where it is imported. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const ROOT = new URL("../../", import.meta.url);

/** Generated, foreign, or not ours to judge. */
const SKIPPED = new Set(["node_modules", "gen", "data", "vectors", "dist"]);

export async function readProject(): Promise<Project> {
  const root = await readJson("deno.json");
  const folders = (root.workspace as string[]).map((folder) => folder.replace(/^\.\//, ""));
  const members = await Promise.all(folders.map(async (folder): Promise<Member> => {
    const config = await readJson(`${folder}/deno.json`);
    const name = String(config.name).replace("@gopool/", "");
    return { name, folder, imports: (config.imports ?? {}) as Record<string, string> };
  }));
  const files: Source[] = [];
  for (const top of ["proto", "services", "tests", "deploy"]) {
    for await (const path of walk(top)) {
      files.push({ path, text: await Deno.readTextFile(new URL(path, ROOT)) });
    }
  }
  const rootImports = (root.imports ?? {}) as Record<string, string>;
  return { members, rootImports, files: files.toSorted((a, b) => a.path < b.path ? -1 : 1) };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return JSON.parse(blank(text, { strings: false }));
}

async function* walk(folder: string): AsyncGenerator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory } of entries) {
    if (SKIPPED.has(name) || name.startsWith(".")) continue;
    if (isDirectory) yield* walk(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

/** The member that a file belongs to; null for the tests of the whole. */
export function memberOf(project: Project, path: string): Member | null {
  return project.members.find(({ folder }) => path.startsWith(`${folder}/`)) ?? null;
}

/**
 * Files that only tests run: tests, benches, contracts, and the helpers that stand beside them under a name
 * that says so.
 */
export function isTest(path: string): boolean {
  return /(^tests\/|\/shared\/testing\/|(_test|_bench|_?fixture)\.ts$|\/contract[a-z_]*\.ts$)/
    .test(path);
}

const IMPORT_FORMS = [
  // import a from "x" · import { a } from "x" · export * from "x"
  /\b(?:import|export)\b[^"';()=]*?\bfrom\s*"([^"\n]+)"/g,
  // import "x"
  /\bimport\s*"([^"\n]+)"/g,
  // import("x"), in types and in code
  /\bimport\s*\(\s*"([^"\n]+)"/g,
];

/** Every specifier that a file imports or exports from, dynamic ones included. */
export function importsOf({ text }: Source): Import[] {
  const code = blank(text, { strings: false });
  return IMPORT_FORMS.flatMap((form) =>
    [...code.matchAll(form)].map((match) => ({
      specifier: match[1]!,
      line: code.slice(0, match.index).split("\n").length,
    }))
  );
}

/** Comment, template, "…", '…', or a regular expression (told from a division by what stands before it). */
const TOKEN =
  /\/\/[^\n]*|\/\*[^]*?\*\/|`(?:\\[^]|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<=(?:[(,=:[!&|?{};>]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;

/**
 * The code of a file with comments and templates blanked out, and plain texts where asked. Lines stay where
 * they are. What is called inside a template's ${…} goes unseen.
 */
export function blank(text: string, options: { strings: boolean }): string {
  return text.replace(TOKEN, (found) => {
    const plain = found.startsWith('"') || found.startsWith("'");
    return plain && !options.strings ? found : found.replace(/[^\n]/g, " ");
  });
}
