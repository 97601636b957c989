import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { assert, assertEquals } from "@std/assert";
import { file_buf_validate_validate } from "./validate.ts";

const BUF = new URL("../node_modules/.bin/buf", import.meta.url).pathname;
const PROTO = new URL(".", import.meta.url).pathname;

Deno.test("the printed validate.proto has the shape of the library's own", async () => {
  const { stdout, success } = await new Deno.Command(BUF, {
    args: ["build", PROTO, "--exclude-source-info", "--as-file-descriptor-set", "-o", "-"],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  assert(success);
  const set = fromBinary(FileDescriptorSetSchema, stdout);
  const printed = set.file.find(({ name }) => name === "buf/validate/validate.proto");
  assert(printed !== undefined);
  const own = file_buf_validate_validate.proto;
  assert(createFileRegistry(set).getMessage("buf.validate.FieldRules") !== undefined);
  assertEquals(shapeOf(printed), shapeOf(own));
});

/** As JSON, without options: those are the library's rules in its own language, and names for other languages. */
function shapeOf(file: typeof file_buf_validate_validate.proto): unknown {
  return without(toJson(FileDescriptorProtoSchema, file));
}

const LEFT_OUT: ReadonlySet<string> = new Set(["options", "jsonName", "declaration"]);

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !LEFT_OUT.has(key)).map(([key, one]) => [
      key,
      without(one),
    ]),
  );
}
