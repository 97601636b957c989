/**
 * For tests: requests made from descriptors, right ones and wrong ones, so that a new method is tried as it is written.
 *
 * @module
 */
import {
  create,
  type DescField,
  type DescMessage,
  type DescOneof,
  type MessageShape,
  reflect,
  type ReflectMessage,
  ScalarType,
} from "@gopool/proto/reflect";
import { createValidator } from "@gopool/proto/validate";

const validator = createValidator();

type AnyMessage = MessageShape<DescMessage>;

/** Names of the fields and oneofs at the top of what is wrong with it; empty: nothing. */
export function wrongFields(schema: DescMessage, message: AnyMessage): string[] {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return [];
  if (result.kind === "error") throw result.error;
  const names = result.violations.map(({ field: [first] }) =>
    first?.kind === "field" || first?.kind === "oneof" ? first.name : ""
  );
  return [...new Set(names)];
}

/**
 * A request with as little in it as its rules allow.
 *
 * @throws {Error} Where no candidate fits a field: add one to `candidates`.
 */
export function rightRequest(schema: DescMessage): AnyMessage {
  const message = create(schema);
  const inside = reflect(schema, message);
  for (const name of wrongFields(schema, message)) {
    const fields = schema.fields.filter((field) => field.name === name);
    const oneof: DescOneof | undefined = schema.oneofs.find((one) => one.name === name);
    const tried = oneof === undefined ? fields : oneof.fields.slice(0, 1);
    if (!tried.some((field) => settle(schema, message, inside, field, name))) {
      throw new Error(`No value of the samples fits ${schema.typeName}.${name}`);
    }
  }
  return message;
}

function settle(
  schema: DescMessage,
  message: AnyMessage,
  inside: ReflectMessage,
  field: DescField,
  name: string,
): boolean {
  return candidates(field).some((value) => {
    put(inside, field, value);
    const wrong = wrongFields(schema, message);
    return !wrong.includes(name) && !wrong.includes(field.name);
  });
}

const HEX = "00000000000000000000000000000000000000000000000000000000000000ab";

/** Modest values of a field's type: one of them has to fit its rule. */
function candidates(field: DescField): unknown[] {
  switch (field.fieldKind) {
    case "message":
      return [rightRequest(field.message)];
    case "enum":
      return field.enum.values.map(({ number }) => number).toSorted((a, b) => b - a);
    case "list":
      return candidatesOfList(field);
    case "map":
      return [];
    case "scalar":
      return candidatesOfScalar(field.scalar);
  }
}

function candidatesOfList(field: DescField & { fieldKind: "list" }): unknown[] {
  if (field.listKind === "message") return [[rightRequest(field.message)]];
  if (field.listKind === "enum") return field.enum.values.map(({ number }) => [number]);
  return candidatesOfScalar(field.scalar).map((one) => [one]);
}

function candidatesOfScalar(scalar: ScalarType): unknown[] {
  switch (scalar) {
    case ScalarType.STRING:
      return ["a", "1", HEX, HEX.slice(-16), "12345678", "pplns", "127.0.0.1"];
    case ScalarType.BYTES:
      return [1, 32, 80, 148, 1_000].map((size) => new Uint8Array(size));
    case ScalarType.BOOL:
      return [true, false];
    default:
      return isBig(scalar) ? [1n, 1_000n, 100_000n] : [1, 1_000, 100_000];
  }
}

/** A request, right but for one field at its top, which holds something outrageous. */
export interface WrongRequest {
  readonly field: string;
  readonly what: string;
  readonly message: AnyMessage;
  /** What the rules say of it. */
  readonly isRefused: boolean;
  /** Whether it is too much of something, which every rule has to refuse. */
  readonly isTooMuch: boolean;
}

/** What is too much for any field of text, bytes or a list. */
const TOO_MUCH = 100_001;

/** One for each field of the request and each outrage that its type allows. */
export function* wrongRequests(schema: DescMessage): Generator<WrongRequest> {
  for (const field of schema.fields) {
    for (const { what, value, isTooMuch } of outrages(field)) {
      const message = rightRequest(schema);
      put(reflect(schema, message), field, value);
      const wrong = wrongFields(schema, message);
      yield { field: field.name, what, message, isRefused: wrong.length > 0, isTooMuch };
    }
  }
}

interface Outrage {
  readonly what: string;
  readonly value: unknown;
  readonly isTooMuch: boolean;
}

function outrages(field: DescField): Outrage[] {
  switch (field.fieldKind) {
    case "enum":
      return [{ what: "an unknown number", value: 99, isTooMuch: false }];
    case "list": {
      const [one] = candidatesOfList(field) as [unknown[]];
      return [{ what: "a long list", value: Array(TOO_MUCH).fill(one[0]), isTooMuch: true }];
    }
    case "message":
      return [...wrongRequests(field.message)].map((
        { field: inner, what, message, isTooMuch },
      ) => ({
        what: `${what} in ${inner}`,
        value: message,
        isTooMuch,
      }));
    case "map":
      return [];
    case "scalar":
      return outragesOfScalar(field.scalar);
  }
}

function outragesOfScalar(scalar: ScalarType): Outrage[] {
  const modest = (what: string, value: unknown) => ({ what, value, isTooMuch: false });
  switch (scalar) {
    case ScalarType.STRING:
      return [
        { what: "a long text", value: "x".repeat(TOO_MUCH), isTooMuch: true },
        modest("control characters", "\0\r\n\x1b[2J"),
        modest("half of nothing", "\u{1f4a9}'\";--<script>"),
      ];
    case ScalarType.BYTES:
      // A whole block goes through the second road.
      return [{ what: "many bytes", value: new Uint8Array(5_000_000), isTooMuch: true }];
    case ScalarType.BOOL:
      return [modest("the other", true)];
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return [NaN, Infinity, -1, -0, 5e-324].map((value) => modest(String(value), value));
    default:
      return isBig(scalar)
        ? [2n ** 63n - 1n].map((value) => modest(String(value), value))
        : [2 ** 31 - 1].map((value) => modest(String(value), value));
  }
}

const BIG: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);

function isBig(scalar: ScalarType): boolean {
  return BIG.has(scalar);
}

function put(inside: ReflectMessage, field: DescField, value: unknown): void {
  if (field.fieldKind === "list") {
    const list = inside.get(field);
    list.clear();
    for (const one of value as unknown[]) {
      list.add(field.listKind === "message" ? reflect(field.message, one as AnyMessage) : one);
    }
  } else if (field.fieldKind === "message") {
    inside.set(field, reflect(field.message, value as AnyMessage));
  } else {
    inside.set(field, value);
  }
}
