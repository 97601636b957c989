/**
 * The rules of protovalidate that a field carries, as keywords of JSON Schema.
 *
 * @module
 */
import { type DescField, getOption, hasOption } from "@gopool/proto/control";
import { type FieldRules, fieldRules } from "@gopool/proto/validate";
import type { Schema } from "./schema.ts";

/** What a field's rules say of its schema. A rule without a keyword of its own is told in words. */
export function bounded(schema: Schema, field: DescField): Schema {
  if (!hasOption(field, fieldRules)) return schema;
  const rules = getOption(field, fieldRules);
  const { keywords, told } = keywordsOf(rules);
  const words = [schema.description ?? "", ...told].filter((one) => one !== "");
  const description = words.length === 0 ? {} : { description: words.join(" ") };
  if (schema.type === "array") {
    const items = rules.type.case === "repeated" && rules.type.value.items !== undefined
      ? { ...schema.items, ...keywordsOf(rules.type.value.items).keywords }
      : schema.items;
    return { ...schema, items, ...keywords, ...description };
  }
  return { ...schema, ...keywords, ...description };
}

interface Found {
  readonly keywords: Schema;
  /** Sentences. */
  readonly told: readonly string[];
}

function keywordsOf({ type, cel, celExpression }: FieldRules): Found {
  const own = [...cel.map(({ message }) => message), ...celExpression].filter((one) => one !== "")
    .map((one) => `Rule: ${one}.`);
  if (type.case === undefined) return { keywords: {}, told: own };
  const keywords: Record<string, unknown> = {};
  const told = own;
  for (const [rule, value] of rulesIn(type.value)) {
    const keyword = KEYWORDS[type.case === "string" ? `string.${rule}` : rule];
    if (keyword === undefined) told.push(`Rule: ${type.case}.${rule}.`);
    else if (keyword !== null) Object.assign(keywords, keyword(value));
  }
  return { keywords: keywords as Schema, told };
}

/** Null: what the schema says without it. */
const KEYWORDS: Readonly<Record<string, ((value: unknown) => Schema) | null>> = {
  "string.minLen": (value) => ({ minLength: Number(value) }),
  "string.maxLen": (value) => ({ maxLength: Number(value) }),
  "string.len": (value) => ({ minLength: Number(value), maxLength: Number(value) }),
  "string.pattern": (value) => ({ pattern: String(value) }),
  "string.const": (value) => ({ const: String(value) }),
  "string.in": (value) => ({ enum: value as string[] }),
  lt: (value) => ({ exclusiveMaximum: Number(value) }),
  lte: (value) => ({ maximum: Number(value) }),
  gt: (value) => ({ exclusiveMinimum: Number(value) }),
  gte: (value) => ({ minimum: Number(value) }),
  minItems: (value) => ({ minItems: Number(value) }),
  maxItems: (value) => ({ maxItems: Number(value) }),
  unique: (value) => ({ uniqueItems: value === true }),
  items: null,
  // Names and numbers are listed.
  definedOnly: null,
  // Every number of ours is.
  finite: null,
};

/** Names and values of the rules that are set. */
function rulesIn(rules: object): [string, unknown][] {
  return Object.entries(rules).filter(([name, value]) =>
    !name.startsWith("$") && value !== undefined && !(Array.isArray(value) && value.length === 0)
  ).flatMap(([name, value]) => {
    // A oneof: the bound above, the bound below.
    const one = value as { case?: string; value?: unknown } | null;
    if (typeof one === "object" && one !== null && "case" in one) {
      return one.case === undefined ? [] : [[one.case, one.value]];
    }
    return isDefault(value) ? [] : [[name, value]];
  });
}

/** In proto2 a rule that is not set shows its type's zero. */
function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === 0n || value === false;
}
