/**
 * A plugin of buf's: the comments of the public API's protos as a table, for the API's own description. Generated code
 * keeps them as comments only, and descriptors at run time have none.
 *
 * @module
 */
import type { AnyDesc } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { createEcmaScriptPlugin, getComments, runNodeJs, type Schema } from "@bufbuild/protoplugin";

/** The package whose protos are read, and where the table goes. */
const PACKAGE = "gopool.api.v1";
const FILE = "gopool/api/v1/comments.ts";

runNodeJs(createEcmaScriptPlugin({ name: "comments", version: "v1", generateTs }));

function generateTs({ files, generateFile }: Schema): void {
  const entries = files.filter(({ proto }) => proto.package === PACKAGE)
    .flatMap((file) => [...nestedTypes(file)])
    .flatMap((type) => [type, ...partsOf(type)])
    .map((one) => [nameOf(one), commentOf(one)] as const)
    .filter(([, comment]) => comment !== "")
    .toSorted(([a], [b]) => a < b ? -1 : 1);
  const file = generateFile(FILE);
  file.print("/** The comment above each thing of " + PACKAGE + ", by its full name. */");
  file.print("export const COMMENTS: Readonly<Record<string, string>> = {");
  for (const [name, comment] of entries) {
    file.print(`  ${JSON.stringify(name)}: ${JSON.stringify(comment)},`);
  }
  file.print("};");
}

type Commented = Exclude<AnyDesc, { kind: "file" }>;

function partsOf(type: Commented): readonly Commented[] {
  switch (type.kind) {
    case "message":
      return type.fields;
    case "enum":
      return type.values;
    case "service":
      return type.methods;
    default:
      return [];
  }
}

/** As `gopool.api.v1.GetPoolResponse.name`. */
function nameOf(one: Commented): string {
  return "typeName" in one ? one.typeName : `${one.parent?.typeName}.${one.name}`;
}

/** What stands above it, the lines made one text; an empty line stays. */
function commentOf(one: Commented): string {
  const { leading = "", trailing = "" } = getComments(one);
  return (leading || trailing).split(/\n\s*\n/).map((part) => part.trim().replace(/\s*\n\s*/g, " "))
    .filter((part) => part !== "").join("\n\n");
}
