/**
 * Numbers of answers are numbers: protobuf's JSON would write "NaN" and "Infinity" as texts, which no chart and no
 * reader of the API's description expects.
 *
 * @module
 */
import type { DescField, DescMessage, MessageShape } from "@gopool/proto/control";
import { reflect, type ReflectMessage, ScalarType } from "@gopool/proto/reflect";

/** How they stand in JSON; a miner may be called so as well. */
const SUSPECT = /"(?:NaN|-?Infinity)"/;

/** Whether it is worth looking: nearly never. */
export function mayBeInfinite(json: string): boolean {
  return SUSPECT.test(json);
}

/** Puts zeros in their places. @returns Where they were: `hashrates.standardError`. */
export function withoutInfinities(
  schema: DescMessage,
  message: MessageShape<DescMessage>,
): readonly string[] {
  const found = new Set<string>();
  mend(reflect(schema, message), "", found);
  return [...found];
}

function mend(message: ReflectMessage, before: string, found: Set<string>): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const place = `${before}${field.jsonName}`;
    if (field.fieldKind === "message") mend(message.get(field), `${place}.`, found);
    else if (field.fieldKind === "list") {
      const list = message.get(field);
      for (let at = 0; at < list.size; at++) {
        const one = list.get(at);
        if (field.listKind === "message") mend(one as ReflectMessage, `${place}.`, found);
        else if (isWrong(field, one)) {
          found.add(place);
          list.set(at, 0);
        }
      }
    } else if (field.fieldKind === "scalar" && isWrong(field, message.get(field))) {
      found.add(place);
      message.set(field, 0);
    }
  }
}

function isWrong({ scalar }: DescField, value: unknown): boolean {
  if (scalar !== ScalarType.DOUBLE && scalar !== ScalarType.FLOAT) return false;
  return !Number.isFinite(value);
}
