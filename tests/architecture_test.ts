/**
 * The floor plan as a test. It reads the source and fails with the places where the plan is broken; the
 * second half plants one break of each rule and expects it to be found.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  fileLengths,
  importTable,
  oneWriterPerTopic,
  outsideWorld,
  relativeImports,
  testsStayOutside,
  thirdParties,
} from "./architecture/rules.ts";
import { importsOf, type Project, readProject } from "./architecture/source.ts";

const RULES: Record<string, (project: Project) => string[]> = {
  "rooms import only those whom the floor plan lets them": importTable,
  "the helpers of tests are imported by tests only": testsStayOutside,
  "no relative import leaves its room": relativeImports,
  "each third-party package is named in one room's deno.json and nowhere else": thirdParties,
  "environment, exit, clock, chance and timers stand in runtime/ and main.ts": outsideWorld,
  "no file is longer than 300 lines": fileLengths,
  "every topic has one writer, said above it, and stands in the table": oneWriterPerTopic,
};

for (const [promise, rule] of Object.entries(RULES)) {
  Deno.test(promise, async () => {
    assertEquals(rule(await readProject()), []);
  });
}

/** The real project with one more file, or with this text in place of a file's own. */
async function planted(path: string, text: string): Promise<Project> {
  const project = await readProject();
  return {
    ...project,
    files: [...project.files.filter((file) => file.path !== path), { path, text }],
  };
}

/** What a rule says of one planted file. */
async function foundIn(path: string, text: string, rule: (project: Project) => string[]) {
  return rule(await planted(path, text)).filter((sentence) => sentence.startsWith(path));
}

Deno.test("a stray import is found whatever form it has", async () => {
  const path = "services/shared/chain/stray.ts";
  const text = [
    `import { a } from "@gopool/bus";`,
    `import type {`,
    `  B,`,
    `} from "@gopool/shares";`,
    `export * from "@gopool/stratumd";`,
    `const c = await import("@gopool/runtime");`,
    `import "@gopool/testing/fc";`,
    `// import { d } from "@gopool/state";`,
    `/** import { e } from "@gopool/node"; */`,
  ].join("\n");
  assertEquals(
    (await foundIn(path, text, importTable)).toSorted(),
    [[1, "bus"], [2, "shares"], [5, "stratumd"], [6, "runtime"], [7, "testing/fc"]].map(
      ([line, name]) => `${path}:${line}: chain may not import @gopool/${name}`,
    ),
  );
  const test = `import { FakeClock } from "@gopool/testing";`;
  assertEquals(await foundIn("services/shared/chain/stray_test.ts", test, importTable), []);
});

Deno.test("a service that imports another is found, poold is let through", async () => {
  const text = `import { createX } from "@gopool/stratumd";`;
  assertEquals((await foundIn("services/shareproc/stray.ts", text, importTable)).length, 1);
  assertEquals((await foundIn("services/shareproc/stray_test.ts", text, importTable)).length, 1);
  assertEquals(await foundIn("services/poold/stray.ts", text, importTable), []);
});

Deno.test("paths that leave a room, and tests in the product, are found", async () => {
  const out = `import { a } from "../chain/units.ts";\nimport { b } from "./x.ts";`;
  const path = "services/shared/shares/stray.ts";
  assertEquals((await foundIn(path, out, relativeImports)).length, 1);
  const helper = `import { bench } from "./contract.ts";`;
  assertEquals((await foundIn("services/shared/bus/stray.ts", helper, testsStayOutside)).length, 1);
});

Deno.test("a package named twice, or in a file, is found", async () => {
  const path = "services/stratumd/stray.ts";
  assertEquals((await foundIn(path, `import x from "npm:left-pad@1";`, thirdParties)).length, 1);
  const project = await readProject();
  const members = project.members.map((member) =>
    ["bus", "node"].includes(member.name) ? { ...member, imports: { x: "npm:@a/x@1" } } : member
  );
  assertEquals(thirdParties({ ...project, members }), [
    "@a/x is named by services/shared/bus and services/shared/node",
  ]);
});

Deno.test("a stray clock, exit or timer is found, in code and not in words", async () => {
  const path = "services/stratumd/stray.ts";
  const text = [
    `const t = Date.now();`,
    `setInterval(f, Math.random());`,
    `const words = "Date.now() is forbidden"; // Date.now()`,
    `Deno.exit(1); Deno.env.get("X"); Deno.args; new Date();`,
    `new Date(t); clock.now();`,
  ].join("\n");
  assertEquals((await foundIn(path, text, outsideWorld)).length, 7);
  assertEquals(await foundIn("services/stratumd/main.ts", text, outsideWorld), []);
});

Deno.test("a long file and a topic without a writer are found", async () => {
  assertEquals((await foundIn("services/x.ts", "x\n".repeat(301), fileLengths)).length, 1);
  const topics = `export const a: Topic<X> = judged("a");\nexport const TOPICS = [b];`;
  assertEquals(oneWriterPerTopic(await planted("services/shared/bus/topics.ts", topics)), [
    "a: its writer must be said once above it, not 0 times",
    "a is missing in TOPICS",
  ]);
});

Deno.test("imports are read past comments, strings and templates", () => {
  const text = [
    'const a = "// no"; import { b } from "@gopool/chain"; const c = `import "x"`;',
    "const quotes = /[\"'`]/g; const half = a / b;",
    "export const e = 1;",
    'import f from "./f.ts"; // import "y"',
  ].join("\n");
  assertEquals(importsOf({ path: "x.ts", text }).map(({ specifier }) => specifier), [
    "@gopool/chain",
    "./f.ts",
  ]);
});
