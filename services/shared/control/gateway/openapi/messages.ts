/**
 * Messages as schemas: each once, among the components.
 *
 * @module
 */
import { create, type DescEnum, type DescField, type DescMessage } from "@gopool/proto/control";
import type { ScalarType } from "@gopool/proto/reflect";
import { createValidator } from "@gopool/proto/validate";
import { wrapped } from "../fields.ts";
import { bounded } from "./bounds.ts";
import { enumSchema, scalarSchema, wellKnown } from "./scalars.ts";
import type { Role, Schema } from "./schema.ts";

/** The comment above a message, field, enum, service or method, by its full name. */
export type Comments = Readonly<Record<string, string>>;

export interface Messages {
  /** The schema of a field, with its comment and its bounds. */
  field(field: DescField, role: Role): Schema;
  /** Where a message's schema stands; it is written among the components when it is asked for first. */
  message(message: DescMessage, role: Role): Schema;
  /** The object that a message is in JSON, without the fields that stand elsewhere. */
  object(message: DescMessage, role: Role, isHere?: (field: DescField) => boolean): Schema;
  /** By name, for `components.schemas`. */
  readonly components: Readonly<Record<string, Schema>>;
}

/** @param home The package whose name the components do without. */
export function createMessages(home: string, comments: Comments): Messages {
  const components: Record<string, Schema> = {};

  function reference(typeName: string, role: Role, make: () => Schema): Schema {
    const short = typeName.startsWith(`${home}.`) ? typeName.slice(home.length + 1) : typeName;
    const name = role === "answer" ? short : `${short}.Input`;
    if (!(name in components)) {
      // Before it is made: it may contain itself.
      components[name] = {};
      components[name] = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function message(desc: DescMessage, role: Role): Schema {
    const known = wellKnown(desc.typeName);
    if (known !== undefined) return known;
    const inner = wrapped(desc);
    if (inner !== null) return scalarSchema(inner.scalar as ScalarType);
    return reference(desc.typeName, role, () => object(desc, role));
  }

  function enumeration(desc: DescEnum, role: Role): Schema {
    if (desc.typeName === "google.protobuf.NullValue") return { type: "null" };
    return reference(desc.typeName, role, () => enumSchema(desc, role, enumComment(desc)));
  }

  function enumComment({ typeName, values }: DescEnum): string | undefined {
    const each = values.flatMap(({ name }) => {
      const comment = comments[`${typeName}.${name}`];
      return comment === undefined ? [] : [`- ${name}: ${comment}`];
    });
    const all = [comments[typeName] ?? "", each.join("\n")].filter((one) => one !== "");
    return all.length === 0 ? undefined : all.join("\n\n");
  }

  function object(
    desc: DescMessage,
    role: Role,
    isHere: (field: DescField) => boolean = () => true,
  ): Schema {
    const fields = desc.fields.filter(isHere);
    const needed = role === "answer" ? fields.filter(isAlwaysSaid) : neededFields(desc, fields);
    const comment = comments[desc.typeName];
    return {
      type: "object",
      ...(comment === undefined ? {} : { description: comment }),
      properties: Object.fromEntries(fields.map((one) => [one.jsonName, field(one, role)])),
      ...(needed.length === 0 ? {} : { required: needed.map(({ jsonName }) => jsonName) }),
      // Answers may get more fields one day; a request is refused for one that is not known.
      ...(role === "answer" ? {} : { additionalProperties: false }),
    };
  }

  function single(desc: DescField, role: Role): Schema {
    if (desc.message !== undefined) return message(desc.message, role);
    if (desc.enum !== undefined) return enumeration(desc.enum, role);
    return scalarSchema(desc.scalar as ScalarType);
  }

  function field(desc: DescField, role: Role): Schema {
    const comment = comments[`${desc.parent.typeName}.${desc.name}`];
    const schema: Schema = desc.fieldKind === "map"
      ? { type: "object", additionalProperties: single(desc, role) }
      : desc.fieldKind === "list"
      ? { type: "array", items: single(desc, role) }
      : single(desc, role);
    return bounded(comment === undefined ? schema : { ...schema, description: comment }, desc);
  }

  return { field, message, object, components };
}

/** Whether an answer says it though it is zero: what is absent otherwise has a presence of its own. */
function isAlwaysSaid({ fieldKind, oneof, proto }: DescField): boolean {
  if (fieldKind === "list" || fieldKind === "map") return true;
  return fieldKind !== "message" && oneof === undefined && !proto.proto3Optional;
}

const validator = createValidator();

/** Those that break their rules while they are not set. */
export function neededFields(
  message: DescMessage,
  fields: readonly DescField[],
): readonly DescField[] {
  const result = validator.validate(message, create(message));
  if (result.kind !== "invalid") return [];
  const broken = new Set(result.violations.map(({ field: [first] }) => first));
  return fields.filter((field) => broken.has(field));
}
