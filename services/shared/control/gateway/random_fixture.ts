/**
 * For tests: messages at random, made from their descriptors, and services that answer with them.
 *
 * @module
 */
import { createServiceImplSpec, type MethodImpl, type ServiceImpl } from "@connectrpc/connect";
import type { DescField, DescMessage, DescService, MessageShape } from "@gopool/proto/control";
import { fromJson, type JsonObject, type JsonValue, ScalarType } from "@gopool/proto/reflect";
import fc from "@gopool/testing/fc";
import { wrapped } from "./fields.ts";
import type { Served } from "./gateway.ts";

type AnyJson = fc.Arbitrary<JsonValue>;

const S64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const U64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const S32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const U32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const SCALARS: Readonly<Record<ScalarType, AnyJson>> = {
  [ScalarType.DOUBLE]: fc.double({ noNaN: true, noDefaultInfinity: true }),
  [ScalarType.FLOAT]: fc.float({ noNaN: true, noDefaultInfinity: true }),
  [ScalarType.INT64]: S64,
  [ScalarType.SINT64]: S64,
  [ScalarType.SFIXED64]: S64,
  [ScalarType.UINT64]: U64,
  [ScalarType.FIXED64]: U64,
  [ScalarType.INT32]: S32,
  [ScalarType.SINT32]: S32,
  [ScalarType.SFIXED32]: S32,
  [ScalarType.UINT32]: U32,
  [ScalarType.FIXED32]: U32,
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.STRING]: fc.string({ unit: "grapheme", maxLength: 20 }),
  [ScalarType.BYTES]: fc.base64String({ maxLength: 20 }),
};

/** Year 1 to 9999, which is what protobuf's JSON can say. */
const TIME = fc.date({
  min: new Date("0001-01-01T00:00:00Z"),
  max: new Date("9999-12-31T23:59:59Z"),
  noInvalidDate: true,
}).map((date) => date.toISOString());

const KNOWN: Readonly<Record<string, AnyJson>> = {
  "google.protobuf.Timestamp": TIME,
  "google.protobuf.Duration": fc.integer({ min: -1000, max: 1000 }).map((one) => `${one}s`),
  "google.protobuf.FieldMask": fc.constantFrom("", "a", "a,bC.d"),
  "google.protobuf.Struct": fc.dictionary(fc.string(), fc.jsonValue() as AnyJson),
  "google.protobuf.Value": fc.jsonValue() as AnyJson,
};

/** JSON of a message; messages in messages down to a depth. */
export function randomJson({ fields }: DescMessage, depth = 3): fc.Arbitrary<JsonObject> {
  const taken = new Set<string>();
  const entries = fields.filter(({ oneof }) => {
    if (oneof === undefined) return true;
    if (taken.has(oneof.name)) return false;
    taken.add(oneof.name);
    return true;
  }).flatMap((field) => {
    const value = ofField(field, depth);
    return value === null ? [] : [[field.jsonName, value] as const];
  });
  return fc.record(Object.fromEntries(entries), {
    requiredKeys: [],
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>;
}

function ofField(field: DescField, depth: number): AnyJson | null {
  const one = ofValue(field, depth);
  if (one === null) return null;
  if (field.fieldKind === "list") return fc.array(one, { maxLength: 3 });
  if (field.fieldKind === "map") return fc.constant({});
  return one;
}

function ofValue({ message, enum: names, scalar }: DescField, depth: number): AnyJson | null {
  if (names !== undefined) return fc.constantFrom(...names.values.map(({ name }) => name));
  if (message === undefined) return SCALARS[scalar as ScalarType];
  const inner = wrapped(message);
  if (inner !== null) return SCALARS[inner.scalar as ScalarType];
  const known = KNOWN[message.typeName];
  if (known !== undefined) return known;
  return depth === 0 ? null : randomJson(message, depth - 1);
}

/** A service whose methods answer with messages at random; its streams with two. */
export function servingRandom(service: DescService): Served {
  const impl = Object.fromEntries(service.methods.map((method) => {
    const messages = fc.sample(randomJson(method.output), 20)
      .map((json) => fromJson(method.output, json));
    let at = 0;
    const next = (): MessageShape<DescMessage> => messages[at++ % messages.length]!;
    const call: unknown = method.methodKind === "unary" ? next : async function* () {
      yield await Promise.resolve(next());
      yield next();
    };
    return [method.localName, call as MethodImpl<typeof method>];
  })) as ServiceImpl<DescService>;
  return { service, specs: Object.values(createServiceImplSpec(service, impl).methods) };
}
