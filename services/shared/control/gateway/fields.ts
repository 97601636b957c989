/**
 * Fields of a request by the names that stand in paths and queries, and their values from text.
 *
 * @module
 */
import type { DescField, DescMessage } from "@gopool/proto/control";
import { type JsonValue, ScalarType } from "@gopool/proto/reflect";
import { PATH_DEPTH_MAX } from "./limits.ts";

/** A field inside a request, and how to get there. */
export interface FieldPath {
  /** From the request's own field inwards; the last is `leaf`. */
  readonly steps: readonly DescField[];
  readonly leaf: DescField;
}

/** Well-known messages whose JSON is one text or number. */
const TEXTS: ReadonlySet<string> = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "google.protobuf.FieldMask",
]);

/** `google.protobuf.UInt32Value` and the others: their JSON is that of the scalar inside. */
export function wrapped(message: DescMessage): DescField | null {
  const { typeName, fields } = message;
  return /^google\.protobuf\.\w+Value$/.test(typeName) && fields.length === 1 &&
      fields[0]!.name === "value" && fields[0]!.fieldKind === "scalar"
    ? fields[0]!
    : null;
}

/** Whether its value, or each of its values, is one text in a URL. */
export function isLeaf(field: DescField): boolean {
  if (field.fieldKind === "map") return false;
  if (field.fieldKind === "list" && field.listKind !== "message") return true;
  const { message } = field;
  return message === undefined || TEXTS.has(message.typeName) || wrapped(message) !== null;
}

/** Both names lead to a field: the proto's (`page_size`) and JSON's (`pageSize`). */
const NAMES = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

function namesOf(message: DescMessage): ReadonlyMap<string, DescField> {
  const known = NAMES.get(message);
  if (known !== undefined) return known;
  const names = new Map(
    message.fields.flatMap((field) => [[field.name, field], [field.jsonName, field]] as const),
  );
  NAMES.set(message, names);
  return names;
}

/** The field that `a.b.c` leads to; null where there is none, or the way goes through a list or a map. */
export function fieldPath(message: DescMessage, path: string): FieldPath | null {
  const steps: DescField[] = [];
  let inside: DescMessage | undefined = message;
  for (const name of path.split(".", PATH_DEPTH_MAX + 1)) {
    const field: DescField | undefined = inside && namesOf(inside).get(name);
    if (field === undefined || steps.length === PATH_DEPTH_MAX) return null;
    steps.push(field);
    inside = field.fieldKind === "message" ? field.message : undefined;
  }
  return { steps, leaf: steps.at(-1)! };
}

/** `a.b.c` in the names that JSON has. */
export function pathText({ steps }: FieldPath): string {
  return steps.map(({ jsonName }) => jsonName).join(".");
}

/**
 * The JSON of one value of a leaf, from its text in a URL: what protobuf's JSON reads from a text is left to it.
 *
 * @returns Undefined where the text is no such value already here.
 */
export function jsonOfText(field: DescField, text: string): JsonValue | undefined {
  const inner = field.message === undefined ? field : wrapped(field.message);
  if (inner === null) return text;
  if (inner.scalar === ScalarType.BOOL) {
    return text === "true" ? true : text === "false" ? false : undefined;
  }
  if (inner.enum !== undefined && /^-?\d{1,10}$/.test(text)) return Number(text);
  return text;
}
