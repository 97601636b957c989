/**
 * For tests: a service that uses all of google.api.http that the pool's own protos do not, made at run time.
 *
 * @module
 */
import type { DescMessage, DescMethod } from "@gopool/proto/control";
import { http } from "@gopool/proto/api";
import {
  createFileRegistry,
  createRegistry,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
  fromJson,
  type JsonObject,
} from "@gopool/proto/reflect";
import { fieldRules } from "@gopool/proto/validate";

const KNOWN = [
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
];

/** `"page_size uint32"`, `"tags repeated string"`, `"book .shelf.Book"` with its number by place, and its rules. */
type FieldLine = string | [line: string, rules: JsonObject];

function field(line: FieldLine, at: number): JsonObject {
  const [text, rules] = typeof line === "string" ? [line, undefined] : line;
  const words = text.split(" ");
  const type = words.at(-1)!;
  const isEnum = type === ".shelf.Genre";
  const kind = isEnum
    ? "TYPE_ENUM"
    : type.startsWith(".")
    ? "TYPE_MESSAGE"
    : `TYPE_${type.toUpperCase()}`;
  return {
    name: words[0]!,
    jsonName: words[0]!.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    number: at + 1,
    label: words.includes("repeated") ? "LABEL_REPEATED" : "LABEL_OPTIONAL",
    type: kind,
    ...(type.startsWith(".") ? { typeName: type } : {}),
    ...(rules === undefined ? {} : { options: { "[buf.validate.field]": rules } }),
  };
}

function message(name: string, fields: readonly FieldLine[]): JsonObject {
  return { name, field: fields.map(field) };
}

function file(rules: Readonly<Record<string, JsonObject>>): JsonObject {
  return {
    name: "shelf.proto",
    package: "shelf",
    syntax: "proto3",
    dependency: KNOWN.map(({ proto }) => proto.name),
    enumType: [{
      name: "Genre",
      value: [{ name: "GENRE_UNSPECIFIED", number: 0 }, { name: "GENRE_CRIME", number: 1 }],
    }],
    messageType: [
      message("Book", [
        "id string",
        "title string",
        "pages uint32",
        "author .shelf.Author",
        "genre .shelf.Genre",
        "part .shelf.Book",
      ]),
      message("Author", ["name string", "born .google.protobuf.Timestamp"]),
      message("Query", [
        "name string",
        "flag bool",
        "small int32",
        "big uint64",
        "ratio double",
        "data bytes",
        "genre .shelf.Genre",
        "tags repeated string",
        "genres repeated .shelf.Genre",
        "since .google.protobuf.Timestamp",
        "within .google.protobuf.Duration",
        "mask .google.protobuf.FieldMask",
        "limit .google.protobuf.UInt32Value",
        "book .shelf.Book",
        "books repeated .shelf.Book",
        "extra .google.protobuf.Struct",
        ["page_size int32", { int32: { gte: 0, lte: 100 } }],
      ]),
    ],
    service: [{
      name: "ShelfService",
      method: Object.entries(rules).map(([name, rule]) => ({
        name,
        inputType: ".shelf.Query",
        outputType: ".shelf.Query",
        options: { "[google.api.http]": rule },
      })),
    }],
  };
}

/** The methods of a service with these rules; each takes and gives a Query. */
export function shelfMethods(
  rules: Readonly<Record<string, JsonObject>>,
): readonly DescMethod[] {
  const registry = createRegistry(http, fieldRules);
  const proto = fromJson(FileDescriptorProtoSchema, file(rules), { registry });
  // Options travel as unknown fields, as in a file that a compiler wrote.
  const files = createFileRegistry(
    proto,
    (name) => KNOWN.find((one) => one.proto.name === name),
  );
  return files.getService("shelf.ShelfService")!.methods;
}

/** The request, and the answer, of every method. */
export function shelfQuery(): DescMessage {
  return shelfMethods({ Get: { get: "/v1/x" } })[0]!.input;
}
