/**
 * The rules of the floor plan, each as a function from the project to the sentences that say where it is broken.
 *
 * @module
 */
import { blank, importsOf, isTest, type Member, memberOf, type Project } from "./source.ts";

/** Rooms that a room's own code may import. Services may import every room but testing; see `mayImport`. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  chain: [],
  shares: ["chain", "proto"],
  stratum: ["chain"],
  // Ports and their adapters: none imports another; time comes from runtime.
  bus: ["proto", "runtime"],
  ledger: ["chain", "runtime"],
  state: [],
  series: ["proto", "runtime"],
  node: ["chain", "runtime"],
  // Addresses are checked as they are read.
  config: ["chain"],
  runtime: ["config"],
  control: ["proto", "runtime", "config"],
  testing: ["chain", "proto", "runtime"],
};

/** The service that runs the others: it alone imports their doors. */
const COMPOSER = "poold";

function isService({ folder }: Member): boolean {
  return folder.startsWith("services/") && !folder.startsWith("services/shared/");
}

function mayImport(from: Member, to: Member, test: boolean): boolean {
  if (from.name === to.name) return true;
  if (isService(to)) return from.name === COMPOSER;
  if (test) return true;
  if (to.name === "testing") return false;
  return isService(from) || (ROOMS[from.name] ?? []).includes(to.name);
}

/** Who may import whom (architecture, section 1). */
export function importTable(project: Project): string[] {
  const byName = new Map(project.members.map((member) => [member.name, member]));
  const unknown = project.members.filter((member) => !isService(member) && !(member.name in ROOMS));
  const stray = project.files.flatMap((file) => {
    const from = memberOf(project, file.path);
    if (from === null) return [];
    return importsOf(file).flatMap(({ specifier, line }) => {
      const name = /^@gopool\/([^/]+)/.exec(specifier)?.[1];
      if (name === undefined) return [];
      const to = byName.get(name);
      if (to !== undefined && mayImport(from, to, isTest(file.path))) return [];
      return [`${file.path}:${line}: ${from.name} may not import ${specifier}`];
    });
  });
  return [...unknown.map(({ name }) => `${name} stands in no line of the import table`), ...stray];
}

/** What only tests run is imported by tests only. */
export function testsStayOutside(project: Project): string[] {
  return project.files.filter((file) => !isTest(file.path)).flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith(".") && isTest(resolve(file.path, specifier)))
      .map(({ specifier, line }) => `${file.path}:${line}: imports the test's ${specifier}`)
  );
}

/** A relative path never leaves its room: other rooms are reached by their doors. */
export function relativeImports(project: Project): string[] {
  return project.files.flatMap((file) => {
    const member = memberOf(project, file.path);
    const home = member === null ? "tests/" : `${member.folder}/`;
    return importsOf(file)
      .filter(({ specifier }) => /^[./]/.test(specifier) || specifier.startsWith("file:"))
      .filter(({ specifier }) => !resolve(file.path, specifier).startsWith(home))
      .map(({ specifier, line }) => `${file.path}:${line}: ${specifier} leaves ${home}`);
  });
}

/** Each third-party package is named in one room's deno.json and imported under that name only. */
export function thirdParties(project: Project): string[] {
  const homes = new Map<string, Set<string>>();
  for (const { folder, imports } of project.members) {
    for (const target of Object.values(imports)) {
      const name = packageOf(target);
      if (name !== null) homes.set(name, (homes.get(name) ?? new Set()).add(folder));
    }
  }
  const shared = [...homes].filter(([, folders]) => folders.size > 1)
    .map(([name, folders]) => `${name} is named by ${[...folders].join(" and ")}`);
  const rooted = Object.entries(project.rootImports).filter(([, target]) =>
    packageOf(target) !== null
  )
    .map(([name]) => `the root's deno.json names ${name}: a room has to`);
  const inline = project.files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => /^(npm|jsr|https?):/.test(specifier))
      .filter(() => !file.path.startsWith(STD))
      .map(({ specifier, line }) => `${file.path}:${line}: ${specifier} belongs in a deno.json`)
  );
  return [...shared, ...rooted, ...inline];
}

/** The typed copy of the standard library: one file per module, each naming its place (platform decision). */
const STD = "services/shared/testing/std/";

/** `npm:@scope/name@1.2.3/file` → `@scope/name`; null for what is not from a registry. */
function packageOf(target: string): string | null {
  return /^(?:npm|jsr):\/?((?:@[^/]+\/)?[^@/]+)/.exec(target)?.[1] ?? null;
}

/** What only a process may touch, and time and chance that would not come through the door. */
const OUTSIDE_WORLD =
  /\bDeno\.(?:env|args|exit|exitCode|addSignalListener|removeSignalListener)\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bsetInterval\b/g;

/** Files that are a process's door as main.ts is, under another name, and why. */
const DOORS: Readonly<Record<string, string>> = {
  "services/poold/launch/print.ts": "tells what the launcher would allow, by the same settings",
  "services/apiserver/page/app/clock.ts":
    "the visitor's clock: the page in a browser has no other door to it",
};

/** Arguments, environment, exit, wall clock, chance and timers stand in runtime/ and in main.ts. */
export function outsideWorld(project: Project): string[] {
  return project.files.filter(({ path }) =>
    !isTest(path) && !path.startsWith("services/shared/runtime/") && !path.endsWith("/main.ts") &&
    !(path in DOORS)
  ).flatMap(({ path, text }) => {
    const code = blank(text, { strings: true });
    return [...code.matchAll(OUTSIDE_WORLD)].map((match) =>
      `${path}:${code.slice(0, match.index).split("\n").length}: ${match[0]}`
    );
  });
}

/** Past this a file has two subjects. */
const LINES_MAX = 300;

export function fileLengths(project: Project): string[] {
  return project.files.map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
}

/** One writer per topic, said above the topic. */
export function oneWriterPerTopic({ files }: Project): string[] {
  const table = files.find(({ path }) => path === "services/shared/bus/topics.ts");
  if (table === undefined) return ["services/shared/bus/topics.ts is gone"];
  const lines = table.text.split("\n");
  const listed = /TOPICS[^=]*= \[([^\]]*)\]/.exec(table.text)?.[1] ?? "";
  return lines.flatMap((line, at) => {
    const name = /^export const (\w+): Topic</.exec(line)?.[1];
    if (name === undefined) return [];
    let first = at;
    while (lines[first - 1]?.startsWith("//")) first--;
    const said = lines.slice(first, at).join("\n").match(/Written by/g)?.length ?? 0;
    return [
      ...(said === 1 ? [] : [`${name}: its writer must be said once above it, not ${said} times`]),
      ...(new RegExp(`\\b${name}\\b`).test(listed) ? [] : [`${name} is missing in TOPICS`]),
    ];
  });
}

/** The project path that a relative specifier means. */
function resolve(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}
